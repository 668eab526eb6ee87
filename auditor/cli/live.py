"""Reading live accounts: from the options of `scan` to a filled assessment."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from auditor.catalog import Catalog
from auditor.cli.progress import progress_for_stderr
from auditor.config import AuditConfig
from auditor.errors import CredentialsError, UsageError
from auditor.model.gap import Gap, Scope
from auditor.model.resource import Resource
from auditor.model.unknown import Reason
from auditor.scan.intake import Taker
from auditor.scan.live import LiveScan, LiveSettings
from auditor.scan.selection import Selection
from auditor.sources.live import accounts
from auditor.sources.live.accounts import AccountAccess, Member
from auditor.sources.live.awserrors import ReadFailed
from auditor.state import StateStore

Tee = Callable[[Resource | Gap], None]


@dataclass(frozen=True, slots=True)
class LiveRead:
    """Reads every account that was asked for.

    Args:
        given: the options.
        settings: the configuration.
        catalog: the selected rules.
        now: the time of the scan.
        state: facts kept between scans; None to keep none.
        tee: gets every resource and gap as well, for a snapshot.
    """

    given: dict[str, Any]
    settings: AuditConfig
    catalog: Catalog
    now: datetime
    state: StateStore | None
    tee: Tee | None

    def into(self, taker: Taker) -> LiveScan:
        """Have what is found taken.

        Raises:
            AuditError: an option does not fit, or there are no credentials.
        """
        own = accounts.own_access(self.given["profile"])
        scan = LiveScan(taker, self._how(), progress_for_stderr(), self.tee)
        run = _Run(self.given, self.settings, scan, own)
        for access in run.accesses():
            run.account(access)
        run.nothing_read()
        return scan

    def _how(self) -> LiveSettings:
        """What to read: with a snapshot everything, else what the selected rules need."""
        selection = Selection.of(self.catalog)
        return LiveSettings(
            now=self.now,
            jobs_since=self.settings.window,
            members_needed=selection.members,
            families=None if self.tee is not None else selection.families,
            neighbour_types=selection.neighbours,
            state=self.state,
            region_deadline=self.settings.region_deadline,
        )


@dataclass(slots=True)
class _Run:
    """The accounts of one run."""

    given: dict[str, Any]
    settings: AuditConfig
    scan: LiveScan
    own: AccountAccess

    def accesses(self) -> Iterator[AccountAccess]:
        """Every account that can be read; what cannot be is noted as a gap."""
        role_arn, external_id = self.given["role_arn"], self.given["external_id"]
        if role_arn:
            yield self._only(role_arn, external_id)
        elif self.given["accounts"] or self.given["organization"]:
            for member in self._members():
                if isinstance(member, Gap):
                    self._lost(member)
                    continue
                try:
                    yield self._member(member, external_id)
                except ReadFailed as error:
                    self._lost(error.gap)
        else:
            yield self.own

    def account(self, access: AccountAccess) -> None:
        """Read one account."""
        reader = access.reader(self.settings.quota_share, self.settings.region_deadline)
        default = access.session.get_config_variable("region") or self.own.session.get_config_variable("region") or ""
        regions, gaps = accounts.choose_regions(reader, self.settings.regions, default)
        for gap in gaps:
            self._lost(gap)
        if regions:
            self.scan.account(access, reader, regions)
        else:
            self.scan.requests += reader.ledger.counts()

    def _only(self, role_arn: str, external_id: str | None) -> AccountAccess:
        try:
            return accounts.assumed_access(self.own, role_arn, external_id)
        except ReadFailed as error:
            raise CredentialsError(f"the role cannot be assumed: {error.gap.detail}") from None

    def _members(self) -> Iterator[Member | Gap]:
        role = self.given["role_name"] or ""
        if self.given["accounts"]:
            yield from accounts.read_accounts_file(self.given["accounts"], role)
            return
        if not role:
            raise UsageError("--organization needs --role-name", "name the role to assume in each account")
        reader = self.own.reader(self.settings.quota_share, self.settings.region_deadline)
        try:
            yield from accounts.organization_members(reader, role)
        except ReadFailed as error:
            raise CredentialsError(f"the organisation cannot be listed: {error.gap.detail}") from None

    def _member(self, member: Member, external_id: str | None) -> AccountAccess:
        if member.account == self.own.account:
            return self.own
        return accounts.member_access(self.own, member, external_id)

    def nothing_read(self) -> None:
        """Note a hole where no account was read at all: a scan of nothing is not complete."""
        if not self.scan.places and not self.scan.targets:
            operation = "organizations:ListAccounts" if self.given["organization"] else "account:ListRegions"
            self._lost(Gap(Scope(), operation, Reason.NOT_COLLECTED, "it named nothing that could be read"))

    def _lost(self, gap: Gap) -> None:
        self.scan.taker.take(gap)
        self.scan.targets.append(accounts.not_scanned(gap))
