"""What all judgements share."""

import msgspec

from holdfast.model.facts import Facts
from holdfast.model.health import Sight
from holdfast.model.policy import Policy


class Setting(msgspec.Struct, frozen=True, kw_only=True):
    """The facts, the policy, what can be seen, and the instant."""

    facts: Facts
    policy: Policy
    sight: Sight
    now: float
