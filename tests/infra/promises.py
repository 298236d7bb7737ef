"""How a row of the promise table finds in the templates what was promised."""

import json
from collections.abc import Callable
from typing import Any

from tests.infra.templates import Templates

Look = Callable[[Templates], object]

COMPARISONS = {"GreaterThanOrEqualToThreshold": ">=", "LessThanOrEqualToThreshold": "<="}


def every(kind: str, path: str = "", *, part: str = "") -> Look:
    """What all resources of a kind have at a path below their properties, or a list of what they differ in."""

    def look(templates: Templates) -> object:
        found = [
            templates.plain(where, dig(resource["Properties"], path))
            for where, resource in templates.every(kind)
            if part in ("", where)
        ]
        assert found, f"there is no {kind}"
        return found[0] if all(value == found[0] for value in found) else found

    return look


def attribute(kind: str, name: str, *, part: str) -> Look:
    """What the resources of a kind in a part have beside their properties."""
    return lambda templates: {
        resource.get(name) for where, resource in templates.every(kind) if where == part
    }


def none(kind: str) -> Look:
    """The resources of a kind that must not exist."""
    return lambda templates: templates.every(kind)


def dig(properties: Any, path: str) -> Any:
    """The value at a dotted path; None where there is none."""
    for step in filter(None, path.split(".")):
        properties = properties[int(step)] if step.isdigit() else properties.get(step)
        if properties is None:
            return None
    return properties


def output(stack: str, name: str) -> Look:
    return lambda templates: templates.output(stack, name)


def allowed(kind: str, *, part: str) -> Look:
    """What a resource policy lets others do."""
    return lambda templates: statements(templates, kind, part, "Allow")


def denied(kind: str) -> Look:
    """What each resource policy of a kind denies everybody, by part."""
    return lambda templates: {
        part: [
            (each["Principal"], each["Action"], each["Condition"])
            for each in statements(templates, kind, part, "Deny")
        ]
        for part, _ in templates.every(kind)
    }


def statements(templates: Templates, kind: str, part: str, effect: str) -> list[dict[str, Any]]:
    document = templates.one(part, kind)["PolicyDocument"]
    return [
        {name: value for name, value in templates.plain(part, each).items() if name not in ("Effect", "Sid")}
        for each in document["Statement"]
        if each["Effect"] == effect
    ]


def undenied(actions: set[str]) -> Look:
    """Which of the actions a role is not denied everywhere, by role."""

    def look(templates: Templates) -> object:
        roles = {(part, name) for part, name in role_names(templates)}
        refused: dict[tuple[str, str], set[str]] = {role: set() for role in roles}
        for part, policy in templates.every("AWS::IAM::Policy"):
            for each in policy["Properties"]["PolicyDocument"]["Statement"]:
                if (each["Effect"], each["Resource"]) == ("Deny", "*"):
                    for role in policy["Properties"]["Roles"]:
                        refused[part, role["Ref"]] |= set(each["Action"])
        return {role: left for role, what in refused.items() if (left := actions - what)}

    return look


def role_names(templates: Templates) -> list[tuple[str, str]]:
    return [
        (part, name)
        for part, template in templates.parts.items()
        for name, resource in template["Resources"].items()
        if resource["Type"] == "AWS::IAM::Role"
    ]


def alarm(name: str, *, part: str = "operations") -> Look:
    """What one alarm watches of what, from when on it is raised, and what silence means, in one line."""

    def look(templates: Templates) -> object:
        it = alarms(templates, part)[name]
        of = " ".join(f"{each['Name']}={templates.render(part, each['Value'])}" for each in it["Dimensions"])
        threshold = f"{COMPARISONS[it['ComparisonOperator']]} {it['Threshold']}"
        return (
            f"{it['MetricName']} {of}: {it.get('Statistic') or it['ExtendedStatistic']}"
            f" of {it['Period']} s {threshold}, {it['DatapointsToAlarm']} of {it['EvaluationPeriods']},"
            f" silence {it['TreatMissingData']}"
        )

    return look


def alarms(templates: Templates, part: str = "operations") -> dict[str, dict[str, Any]]:
    """The alarms by name, without the stage before it."""
    found = [
        resource["Properties"]
        for where, resource in templates.every("AWS::CloudWatch::Alarm")
        if where == part
    ]
    return {each["AlarmName"].split("-", 2)[2]: each for each in found}


def every_alarm(templates: Templates) -> object:
    """Each alarm's line, by its name."""
    return {name: alarm(name)(templates) for name in alarms(templates)}


def alarm_names(*, part: str = "operations") -> Look:
    return lambda templates: set(alarms(templates, part))


def drawn(templates: Templates) -> object:
    """The metrics on the dashboard, each as namespace and name."""
    body = json.loads(
        templates.render(
            "operations", templates.one("operations", "AWS::CloudWatch::Dashboard")["DashboardBody"]
        )
    )
    return {f"{line[0]} {line[1]}" for widget in body["widgets"] for line in widget["properties"]["metrics"]}


def budget_notices(templates: Templates) -> object:
    """When the budget tells whom."""
    notices = templates.one("operations", "AWS::Budgets::Budget")["NotificationsWithSubscribers"]
    return [
        (
            each["Notification"]["NotificationType"],
            each["Notification"]["Threshold"],
            [templates.render("operations", to["Address"]) for to in each["Subscribers"]],
        )
        for each in notices
    ]


def questions(templates: Templates) -> object:
    """The saved queries and the logs that they ask."""
    return {
        resource["Properties"]["Name"].split("/")[-1]: templates.plain(
            part, resource["Properties"]["LogGroupNames"]
        )
        for part, resource in templates.every("AWS::Logs::QueryDefinition")
    }


def limits(templates: Templates) -> object:
    """Requests a second and at once, by what they are for; the paths themselves are the routes'."""
    settings = templates.one("api", "AWS::ApiGateway::Stage")["MethodSettings"]
    found: dict[str, set[tuple[int, int]]] = {}
    for each in settings:
        limit = (each["ThrottlingRateLimit"], each["ThrottlingBurstLimit"])
        found.setdefault(purpose(each["ResourcePath"], each["HttpMethod"]), set()).add(limit)
    return found


def purpose(path: str, method: str) -> str:
    if (path, method) == ("/*", "*"):
        return "everything else"
    if "{proxy+}" in path:
        return "unknown paths"
    return "reads" if method == "GET" else method


def headers(templates: Templates) -> dict[str, Any]:
    """What the CDN adds to a page."""
    behaviour = templates.one("site", "AWS::CloudFront::Distribution")["DistributionConfig"][
        "DefaultCacheBehavior"
    ]
    name = behaviour["ResponseHeadersPolicyId"]["Ref"]
    config: dict[str, Any] = templates.parts["site"]["Resources"][name]["Properties"][
        "ResponseHeadersPolicyConfig"
    ]
    return config


def untagged(tagless: set[str], **tags: str) -> Look:
    """The kinds of resources that lack the tags though they could carry them."""
    wanted = {f"{name}={value}" for name, value in tags.items()}
    return lambda templates: {
        resource["Type"]
        for template in templates.parts.values()
        for resource in template["Resources"].values()
        if resource["Type"] not in tagless and not wanted <= carried(resource["Properties"])
    }


def carried(properties: dict[str, Any]) -> set[str]:
    return {f"{tag['Key']}={tag['Value']}" for tag in properties.get("Tags", [])}


def secrets(templates: Templates) -> object:
    """Variables of functions whose names speak of a secret, and references that would fetch one into a template."""
    variables = {
        name: templates.plain(part, value)
        for part, function in templates.every("AWS::Lambda::Function")
        for name, value in function["Properties"]["Environment"]["Variables"].items()
        if any(word in name for word in ("KEY", "SECRET", "TOKEN", "PASSWORD"))
    }
    return variables, json.dumps(templates.stacks).count("{{resolve:")
