"""What the network rules share: where routes lead, what security groups let through, what a VPC holds."""

from collections.abc import Callable, Iterable
from typing import TypeVar

from auditor.model.inventory import Related
from auditor.model.network import IpPermission, Route, RouteTable, RouteTableAssociation, Subnet
from auditor.model.resource import Resource
from auditor.model.unknown import CannotAssess, Reason, Unknown
from auditor.model.verdict import Fact, Verdict, failed, passed

EVERYWHERE = frozenset({"0.0.0.0/0", "::/0"})
_ANY_PROTOCOL = "-1"
_TCP = frozenset({"tcp", "6", _ANY_PROTOCOL})
_LAST_PORT = 65535

R = TypeVar("R", bound=Resource)
T = TypeVar("T")


def first(related: Related[R], test: Callable[[R], bool]) -> R | None:
    """The first neighbour that passes a test, or None where none does.

    Raises:
        CannotAssess: none passes, and one was not observed or could be hidden.
    """
    unknown: CannotAssess | None = None
    for one in related.seen():
        try:
            if test(one):
                return one
        except CannotAssess as error:
            unknown = unknown or error
    if unknown is not None:
        raise unknown
    related.all()
    return None


def table_of(subnet: Subnet, tables: Related[RouteTable]) -> RouteTable:
    """The route table of a subnet: its own, else the main one of its VPC.

    Raises:
        CannotAssess: a table that could be the one was not observed, or there is none.
    """
    # A subnet has one table of its own at most: once it is seen, no hidden one can be it.
    for table in tables.seen():
        links = table.peek("associations")
        if isinstance(links, tuple) and any(_links(link, subnet) for link in links):
            return table
    known = [table for table in tables.all() if table.vpc_id == subnet.vpc_id]
    for table in known:
        if any(link.subnet_id == subnet.subnet_id for link in table.associations):
            return table
    for table in known:
        if any(link.main for link in table.associations):
            return table
    raise CannotAssess(Unknown(Reason.NOT_COLLECTED, f"no route table of {subnet.subnet_id} was found"))


def _links(link: object, subnet: Subnet) -> bool:
    """Whether an association is seen to be a subnet's."""
    named = link.peek("subnet_id") if isinstance(link, RouteTableAssociation) else None
    return isinstance(named, str) and named == subnet.subnet_id


def leads_to_internet(route: Route) -> bool:
    """Whether a route that works sends everything to an internet gateway."""
    everything = route.destination_cidr_block in EVERYWHERE or route.destination_ipv6_cidr_block in EVERYWHERE
    return everything and (route.gateway_id or "").startswith("igw-") and route.state != "blackhole"


def judge_subnet(subnet_id: str, path: str, subnets: Related[Subnet], tables: Related[RouteTable]) -> Verdict:
    """PASSED where a subnet is private, FAILED where it routes to an internet gateway.

    Args:
        subnet_id: the subnet.
        path: where the subject names it.
        subnets: where to find it.
        tables: where to find its routes.

    Raises:
        CannotAssess: the subnet or its routes were not observed.
    """
    table = table_of(subnets.find(subnet_id), tables)
    if any(leads_to_internet(route) for route in table.routes):
        return failed(f"{subnet_id} routes to an internet gateway", at=(path, Fact(table, "Routes")))
    return passed(f"{subnet_id} routes to no internet gateway", at=(path, Fact(table, "Routes")))


def any_true(items: Iterable[T], test: Callable[[T], bool]) -> bool:
    """Whether a test holds for any item.

    Raises:
        CannotAssess: it is seen to hold for none, and one was not observed.
    """
    unknown: CannotAssess | None = None
    for item in items:
        try:
            if test(item):
                return True
        except CannotAssess as error:
            unknown = unknown or error
    if unknown is not None:
        raise unknown
    return False


def open_to_world(permissions: Iterable[IpPermission], port: int | None = None) -> bool:
    """Whether permissions of a security group name every address.

    Args:
        permissions: ingress or egress.
        port: a TCP port that has to be among the ports; None asks for none.

    Raises:
        CannotAssess: none is seen to do so, and one was not observed.
    """
    return any_true(permissions, lambda one: _everywhere(one) and (port is None or _covers(one, port)))


def _everywhere(permission: IpPermission) -> bool:
    found: list[Callable[[], bool]] = [
        lambda: any_true(permission.ip_ranges, lambda one: one.cidr_ip in EVERYWHERE),
        lambda: any_true(permission.ipv6_ranges, lambda one: one.cidr_ipv6 in EVERYWHERE),
    ]
    return any_true(found, lambda look: look())


def _covers(permission: IpPermission, port: int) -> bool:
    if permission.ip_protocol not in _TCP:
        return False
    # Absent ports stand for all of them, as they do beside the protocol -1.
    low = permission.from_port if permission.from_port is not None else 0
    high = permission.to_port if permission.to_port is not None else _LAST_PORT
    return permission.ip_protocol == _ANY_PROTOCOL or low <= port <= high
