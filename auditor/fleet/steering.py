"""What an organisation decides, for runs on a schedule: the configuration and the waivers that lie in the bucket.

They are the files that `scan` takes, under keys of their own that no function may write. The planner reads them once,
checks them and copies them beside the plan, so that every target of a run is judged by the same text, whoever changes
them meanwhile. A file that is there and does not fit ends the run before anything is scanned.
"""

import hashlib
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

from auditor.catalog import Catalog
from auditor.config import OWN_FILE, AuditConfig, loads
from auditor.delivery.store import ObjectStore
from auditor.errors import ConfigError, InputError, nearest
from auditor.fleet.records import Keys, read_json
from auditor.fleet.settings import FleetSettings
from auditor.model.review import Review
from auditor.scan.policy import Policy, configured, read_waivers
from auditor.waivers import Waivers

WAIVERS_FILE = "waivers.yaml"
FOLDER = "config"
FILES: Mapping[str, str] = {OWN_FILE: "application/toml", WAIVERS_FILE: "application/yaml"}
# What would change what is read, and is a parameter of the stack: never two answers to one question.
_OF_THE_STACK = {"regions": "Regions", "jobs_since": "JobsSince", "quota_share": "QuotaShare"}
# What speaks of the command line, or stands among the settings of the fleet already.
_NOT_SHOWN = frozenset(
    {*_OF_THE_STACK, "fail_on", "include_historical", "region_deadline", "state", "use_state", "rules", "waivers"}
)
# Enough to tell two versions apart; the plan has all of it.
_SHOWN_DIGITS = 12


def every_rule() -> Catalog:
    """All built-in rules."""
    from rules import MODULES  # noqa: PLC0415  loaded where they are asked for

    return Catalog.of(MODULES)


@dataclass(frozen=True, slots=True)
class Steered:
    """How a run is steered.

    Args:
        catalog: the selected rules, with the severities that they have here.
        policy: what happens to each finding.
        shown: what reports say of it; no secrets.
    """

    catalog: Catalog
    policy: Policy
    shown: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Steering:
    """The texts that steer a run.

    Args:
        texts: file name to its bytes; without the files that are not there.
    """

    texts: Mapping[str, bytes]

    @classmethod
    def current(cls, store: ObjectStore) -> "Steering":
        """What lies in the bucket now.

        Raises:
            ConfigError: something else lies there: whoever put it there thinks that it is in force.
            StoreError: the store cannot be read.
        """
        # A console makes a folder by an object whose name ends in the slash.
        names = [key.removeprefix(f"{FOLDER}/") for key in store.list(f"{FOLDER}/") if key != f"{FOLDER}/"]
        for name in names:
            if name not in FILES:
                remedy = nearest(name, FILES) or f"known are {', '.join(FILES)}; put other things elsewhere"
                raise ConfigError(f"{FOLDER}/{name}: nothing of this name is read", remedy)
        return cls(_present({name: store.get(f"{FOLDER}/{name}") for name in names}))

    def keep(self, store: ObjectStore, keys: Keys) -> dict[str, str]:
        """Copy the texts beside a plan.

        Returns:
            File name to the SHA-256 of its text, for the plan.

        Raises:
            StoreError: the store cannot be written.
        """
        for name, text in self.texts.items():
            store.put(keys.steering(name), text, media_type=FILES[name])
        return {name: _digest(text) for name, text in self.texts.items()}

    @classmethod
    def kept(cls, store: ObjectStore, keys: Keys, digests: Mapping[str, str]) -> "Steering":
        """The texts that a plan was made with.

        Args:
            store: the report bucket.
            keys: of the run.
            digests: what `keep` gave.

        Raises:
            InputError: a text is gone, or is not what the plan was made with.
            StoreError: the store cannot be read.
        """
        texts = {}
        for name, digest in digests.items():
            text = store.get(keys.steering(name))
            if text is None or _digest(text) != digest:
                said = "is gone" if text is None else "is not the text that the run was planned with"
                raise InputError(said, file=keys.steering(name), remedy="start the run anew")
            texts[name] = text
        return cls(texts)

    def applied(self, settings: FleetSettings, catalog: Catalog, today: date) -> Steered:
        """What the texts say of a run.

        Args:
            settings: of the fleet; what they select and ignore goes before the configuration, as flags do.
            catalog: every rule there is.
            today: the day of the run, in UTC.

        Raises:
            ConfigError: a key or value of the configuration does not fit, or cannot be honoured here.
            UsageError: a rule or word in it does not exist.
            InputError: the waivers are not what they should be; names file, line, key and remedy.
        """
        config = self._config(settings)
        waivers = Waivers(self._waivers(catalog, today), today) if WAIVERS_FILE in self.texts else None
        policy = Policy.of(config, catalog, waivers)
        policy.review = Review(config_from=self._origin(settings), parameters=policy.parameters)
        shown = {**settings.described(), **config.model_dump(mode="json", exclude=set(_NOT_SHOWN))}
        shown["steered_by"] = {f"{FOLDER}/{name}": _digest(text) for name, text in self.texts.items()}
        return Steered(configured(catalog, config), policy, shown)

    def _config(self, settings: FleetSettings) -> AuditConfig:
        shown = Path(FOLDER) / OWN_FILE
        own = {"select": settings.select, "ignore": settings.ignore}
        overrides = {name: words for name, words in own.items() if words}
        data = self.texts.get(OWN_FILE)
        try:
            text = None if data is None else data.decode()
        except UnicodeDecodeError as error:
            raise ConfigError(f"{shown}: not TOML: {error}", "save it as UTF-8") from None
        config = loads(text, shown, overrides)
        given = config.model_fields_set
        for name, parameter in _OF_THE_STACK.items():
            if name in given:
                remedy = f"set the parameter {parameter} of the stack, and leave the key out here"
                raise config.error((name,), "runs on a schedule take it from the stack", remedy)
        if config.rules:
            remedy = "scan with them from the command line, and leave the key out here"
            raise config.error(("rules",), "runs on a schedule load no rules of one's own", remedy)
        if config.waivers and (Path(config.waivers).name != WAIVERS_FILE or WAIVERS_FILE not in self.texts):
            remedy = f"put the file at {FOLDER}/{WAIVERS_FILE} in the report bucket"
            raise config.error(("waivers",), f"there is no {config.waivers} beside it", remedy)
        return config

    def _waivers(self, catalog: Catalog, today: date) -> Any:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder, WAIVERS_FILE)
            path.write_bytes(self.texts[WAIVERS_FILE])
            return read_waivers(path, f"{FOLDER}/{WAIVERS_FILE}", catalog, today)

    def _origin(self, settings: FleetSettings) -> str:
        return ", ".join(
            f"s3://{settings.report_bucket}/{FOLDER}/{name} (SHA-256 {_digest(text)[:_SHOWN_DIGITS]}…)"
            for name, text in self.texts.items()
        )


@dataclass(frozen=True, slots=True)
class PlannedRun:
    """A run that has been planned.

    Args:
        started: its time, the same for all targets.
        steering: what it was planned with.
    """

    started: datetime
    steering: Steering

    @classmethod
    def read(cls, store: ObjectStore, run: str) -> "PlannedRun":
        """The run, as its plan has it.

        Raises:
            InputError: the run has no plan, or what steers it is gone or another.
            StoreError: the store cannot be read.
        """
        keys = Keys(run)
        about = read_json(store, keys.plan("run"))
        try:
            started, digests = datetime.fromisoformat(about["started"]), dict(about["steering"])
        except (KeyError, TypeError, ValueError):
            remedy = "invoke plan_targets first"
            raise InputError("the run has no plan", file=keys.plan("run"), remedy=remedy) from None
        return cls(started, Steering.kept(store, keys, digests))


def _present(texts: Mapping[str, bytes | None]) -> dict[str, bytes]:
    return {name: text for name, text in texts.items() if text is not None}


def _digest(text: bytes) -> str:
    return hashlib.sha256(text).hexdigest()
