"""`scan`: read live accounts, or a snapshot of them, and judge them."""

import secrets
import sys
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from auditor import config as configuration
from auditor.catalog import Catalog
from auditor.cli import logs, options, outputs
from auditor.cli.catalogs import load_catalog
from auditor.model.coverage import Report, ScanInfo
from auditor.scan import apart as judging
from auditor.scan.assessment import Assessment
from auditor.scan.intake import Intake
from auditor.scan.policy import Policy, configured, read_waivers
from auditor.state import StateStore
from auditor.waivers import Waivers


@click.command()
@click.option("--region", "regions", multiple=True, metavar="REGION", help="Region to scan, or all; repeatable.")
@click.option("--profile", help="Named profile of the AWS configuration.")
@click.option("--role-arn", help="Role to assume before scanning.")
@click.option("--external-id", help="ExternalId for the role.")
@click.option("--accounts", type=click.Path(path_type=Path, dir_okay=False), help="File with one account id a line.")
@click.option("--organization", is_flag=True, help="Every active account of the caller's organisation.")
@click.option("--role-name", help="Role to assume in each account of --accounts or --organization.")
@click.option("--jobs-since", metavar="SPAN", help="How far back ended jobs are read: 30d (default), 12h, all.")
@click.option("--quota-share", type=float, help="Share of each API quota to take, above 0 to 1 (default 0.5).")
@click.option("--region-deadline", type=float, metavar="SECONDS", help="Leave a region after so long.")
@click.option("--state", metavar="PATH", help="Where facts that cannot change are kept between scans.")
@click.option("--no-state", is_flag=True, help="Keep and use no state.")
@click.option("--include-historical", is_flag=True, default=None, help="Findings on ended jobs count for --fail-on.")
@click.option("--save-snapshot", type=click.Path(path_type=Path, dir_okay=False), help="Save what was collected.")
@click.option("--snapshot", type=click.Path(path_type=Path, dir_okay=False), help="Judge a saved snapshot instead.")
@options.waivers_option
@options.judging_options
@options.report_options
@options.logging_options
def command(**given: Any) -> int:
    """Scan live accounts and report.

    Credentials, endpoints, proxies and CA bundles are found as by any AWS tool.
    """
    logs.configure(given["verbose"], given["log_format"])
    settings = _settings(given)
    whole = load_catalog((*settings.rules,))
    plan = outputs.plan(given["formats"], given["output"])
    policy = _policy(given, settings, whole)
    run = _Run(given, settings, configured(whole, settings), policy)
    report, assessment = run.snapshot() if given["snapshot"] else run.live()
    report = policy.complete(report)
    used = outputs.write(report, plan)
    outputs.summarise(report, sys.stderr if used else sys.stdout)
    outputs.announce(plan)
    historical = settings.include_historical
    code = assessment.exit_code(report, settings.fail_on, historical=historical)
    return int(policy.exit_code(code, report, historical=historical))


def _settings(given: dict[str, Any]) -> configuration.AuditConfig:
    options.only_one(accounts=given["accounts"], organization=given["organization"], role_arn=given["role_arn"])
    options.only_one(state=given["state"], no_state=given["no_state"])
    flags = {
        "select": given["select"],
        "ignore": given["ignore"],
        "fail_on": given["fail_on"],
        "include_historical": given["include_historical"],
        "regions": given["regions"],
        "jobs_since": given["jobs_since"],
        "quota_share": given["quota_share"],
        "region_deadline": given["region_deadline"],
        "state": given["state"],
        "use_state": False if given["no_state"] else None,
        "rules": given["own_rules"],
    }
    chosen = given["config_path"] or configuration.config_from_environment()
    return configuration.load(chosen, {key: value for key, value in flags.items() if value not in (None, ())})


def _policy(given: dict[str, Any], settings: configuration.AuditConfig, catalog: Catalog) -> Policy:
    path: Path | None = given["waivers"] or (Path(settings.waivers) if settings.waivers else None)
    if path is None:
        return Policy.of(settings, catalog)
    today = _now().date()
    return Policy.of(settings, catalog, Waivers(read_waivers(path, path.as_posix(), catalog, today), today))


@dataclass(slots=True)
class _Run:
    """One run of the command."""

    given: dict[str, Any]
    settings: configuration.AuditConfig
    catalog: Catalog
    policy: Policy
    started: datetime = datetime.min  # noqa: DTZ901  replaced at once

    def __post_init__(self) -> None:
        self.started = _now()

    def live(self) -> tuple[Report, Assessment]:
        """Read accounts and judge them."""
        assessment = Assessment(self.catalog, self.started, adjust=self.policy.adjust)
        with ExitStack() as stack:
            tee = self._tee(stack)
            # Before anything else is loaded, which the judging process would hold as well.
            apart = judging.beside(assessment, self.settings.state_path) if tee is None else None
            if apart is not None:
                stack.enter_context(apart)
            from auditor.cli.live import LiveRead  # noqa: PLC0415  loads boto3

            state = self._state(stack)
            taker = apart or Intake(assessment, state)
            read = LiveRead(self.given, self.settings, self.catalog, self.started, state, tee)
            scan = read.into(taker)
            taker.settle(scan.places)
        regions = sorted({place.region for place in scan.places})
        accounts = sorted({place.account for place in scan.places})
        info = self._info("scan", accounts, regions)
        return assessment.report(info, scan.targets, scan.requests), assessment

    def snapshot(self) -> tuple[Report, Assessment]:
        """Judge what an earlier scan saved."""
        from auditor.cli.replay import replay  # noqa: PLC0415  only for snapshots

        return replay(self.given["snapshot"], self.catalog, self._info, self.policy.adjust)

    def _state(self, stack: ExitStack) -> StateStore | None:
        path = self.settings.state_path
        return stack.enter_context(StateStore(path)) if path is not None else None

    def _tee(self, stack: ExitStack) -> Callable[[Any], None] | None:
        path: Path | None = self.given["save_snapshot"]
        if path is None:
            return None
        from auditor.sources.snapshot import SnapshotWriter  # noqa: PLC0415  only for snapshots

        return stack.enter_context(SnapshotWriter(path, self.started)).add

    def _info(self, kind: str, accounts: list[str], regions: list[str]) -> ScanInfo:
        return ScanInfo(
            id=f"{self.started:%Y%m%dT%H%M%SZ}-{secrets.token_hex(4)}",
            kind=kind,
            started_at=self.started.isoformat(timespec="seconds"),
            finished_at=_now().isoformat(timespec="seconds"),
            accounts=tuple(accounts),
            regions=tuple(regions),
            configuration=self.settings.model_dump(mode="json", exclude={"state"}),
        )


def _now() -> datetime:
    return datetime.now(UTC)
