"""What the network rules share: where routes lead, what security groups let through, what a VPC holds."""

from collections.abc import Callable, Iterable
from functools import lru_cache
from ipaddress import IPv6Network, ip_network
from typing import TypeVar

from auditor.model.inventory import Related
from auditor.model.network import IpPermission, Route, RouteTable, RouteTableAssociation, Subnet
from auditor.model.resource import Resource
from auditor.model.unknown import CannotAssess, Reason, Unknown
from auditor.model.verdict import Fact, Verdict, failed, passed

# A range of fewer fixed bits than these holds more than anybody's own network: IPv4's private ranges fix eight, IPv6's
# unique local ones seven (RFC 1918, RFC 4193), and no provider is given more.
_OWN_BITS = {4: 8, 6: 12}
_UNIQUE_LOCAL = IPv6Network("fc00::/7")
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


@lru_cache(maxsize=4096)
def everywhere(text: str) -> bool:
    """Whether an address range stands for everywhere, as 0.0.0.0/0 and each half of it do.

    Args:
        text: in CIDR notation; bits beyond the prefix do not count.

    Raises:
        CannotAssess: it is no address range.
    """
    try:
        network = ip_network(text, strict=False)
    except ValueError:
        raise CannotAssess(Unknown(Reason.UNEXPECTED_VALUE, f"{text!r} is no address range")) from None
    own = isinstance(network, IPv6Network) and network.subnet_of(_UNIQUE_LOCAL)
    return network.prefixlen < _OWN_BITS[network.version] and not own


def leads_to_internet(route: Route) -> bool:
    """Whether a route that works sends everything to an internet gateway.

    Raises:
        CannotAssess: it sends what a prefix list holds, which is not read, or what is no address range.
    """
    if not (route.gateway_id or "").startswith("igw-") or route.state == "blackhole":
        return False
    ranges = (route.destination_cidr_block, route.destination_ipv6_cidr_block)
    if any_true(filter(None, ranges), everywhere):
        return True
    if route.destination_prefix_list_id:
        raise CannotAssess(Unknown(Reason.NOT_COLLECTED, f"what {route.destination_prefix_list_id} holds"))
    return False


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
    if any_true(table.routes, leads_to_internet):
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


def open_to_world(permissions: Iterable[IpPermission], port: int | None = None, *, trust_lists: bool = False) -> bool:
    """Whether permissions of a security group name every address.

    Args:
        permissions: ingress or egress.
        port: a TCP port that has to be among the ports; None asks for none.
        trust_lists: whether a prefix list is taken for narrow, though what it holds is not read.

    Raises:
        CannotAssess: none is seen to do so, and one was not observed.
    """

    def test(one: IpPermission) -> bool:
        return (port is None or _covers(one, port)) and _everywhere(one, trust_lists=trust_lists)

    return any_true(permissions, test)


def _everywhere(permission: IpPermission, *, trust_lists: bool) -> bool:
    found: list[Callable[[], bool]] = [
        lambda: any_true(permission.ip_ranges, lambda one: everywhere(one.cidr_ip or "")),
        lambda: any_true(permission.ipv6_ranges, lambda one: everywhere(one.cidr_ipv6 or "")),
    ]
    if any_true(found, lambda look: look()):
        return True
    if permission.prefix_list_ids and not trust_lists:
        raise CannotAssess(Unknown(Reason.NOT_COLLECTED, "what the prefix lists hold that it names"))
    return False


def _covers(permission: IpPermission, port: int) -> bool:
    if permission.ip_protocol not in _TCP:
        return False
    # Absent ports stand for all of them, as they do beside the protocol -1.
    low = permission.from_port if permission.from_port is not None else 0
    high = permission.to_port if permission.to_port is not None else _LAST_PORT
    return permission.ip_protocol == _ANY_PROTOCOL or low <= port <= high
