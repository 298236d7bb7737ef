"""What CloudWatch does of itself at AWS and the emulator leaves out, for as long as a drill lasts.

The emulator looks at its alarms whenever somebody puts a metric, and tells their topic. It makes no metrics of log
lines, measures no queue, and counts no error of a function that nobody waits for. It looks at all points of an alarm's
metric at once, whatever their dimensions and hours, and never at an alarm because nothing was put.
"""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from scripts.cloud.up import LocalCloud


class Telemetry:
    """The metrics and alarms of a local cloud since one instant, and what was told of them."""

    def __init__(self, cloud: LocalCloud) -> None:
        self.cloud = cloud
        self.since = datetime.now(UTC)
        self.cloudwatch = cloud.client("cloudwatch")
        self._told = set[str]()
        self._relayed = dict[str, int]()
        self._listen()
        for alarm in self.alarms().values():
            self.cloudwatch.set_alarm_state(
                AlarmName=alarm["AlarmName"], StateValue="OK", StateReason="drill"
            )

    def alarms(self) -> dict[str, dict[str, Any]]:
        """The deployed alarms by their names without the stage."""
        found = self.cloudwatch.describe_alarms()["MetricAlarms"]
        return {alarm["AlarmName"].removeprefix("movers-local-"): alarm for alarm in found}

    def relay(self) -> None:
        """Put what log and failure queue say, as AWS does: each log line once, the queue's length as it is now.

        A message in the queue is a run that failed unattended.
        """
        for line in self._lines():
            for directive in line["_aws"]["CloudWatchMetrics"]:
                self.cloudwatch.put_metric_data(
                    Namespace=directive["Namespace"], MetricData=list(_data(line, directive))
                )
        failed = self._failures()
        self.put("AWS/Lambda", "Errors", failed, FunctionName=self.cloud.outputs.ingest_function_name)
        queue = self.cloud.outputs.failure_queue_url.rsplit("/", 1)[-1]
        self.put("AWS/SQS", "ApproximateNumberOfMessagesVisible", failed, QueueName=queue)

    def put(self, namespace: str, name: str, value: float, **dimensions: str) -> None:
        named = [{"Name": key, "Value": each} for key, each in dimensions.items()]
        self.cloudwatch.put_metric_data(
            Namespace=namespace, MetricData=[{"MetricName": name, "Dimensions": named, "Value": value}]
        )

    def values(self, alarm: dict[str, Any]) -> list[float]:
        """What the alarm's own metric, by its very dimensions, came to in each of its periods."""
        watched = {key: alarm[key] for key in ("Namespace", "MetricName", "Dimensions")}
        statistic = alarm.get("Statistic") or alarm["ExtendedStatistic"]
        query = {"Metric": watched, "Period": alarm["Period"], "Stat": statistic}
        (found,) = self.cloudwatch.get_metric_data(
            MetricDataQueries=[{"Id": "watched", "MetricStat": query}],
            StartTime=self.since,
            EndTime=datetime.now(UTC) + timedelta(minutes=1),
        )["MetricDataResults"]
        values: list[float] = found["Values"]
        return values

    def raised(self) -> set[str]:
        """The alarms whose own metric has reached the threshold, which ring, and of which somebody was told."""
        self._hear()
        return {
            name
            for name, alarm in self.alarms().items()
            if any(value >= alarm["Threshold"] for value in self.values(alarm))
            and alarm["StateValue"] == "ALARM"
            and alarm["AlarmName"] in self._told
        }

    def _failures(self) -> int:
        answer = self.cloud.client("sqs").get_queue_attributes(
            QueueUrl=self.cloud.outputs.failure_queue_url, AttributeNames=["ApproximateNumberOfMessages"]
        )
        return int(answer["Attributes"]["ApproximateNumberOfMessages"])

    def _lines(self) -> Iterator[dict[str, Any]]:
        """The lines that both functions wrote in the embedded metric format since they were last asked for."""
        outputs = self.cloud.outputs
        for name in (outputs.ingest_function_name, outputs.api_function_name):
            messages = self._messages(name)
            yield from (json.loads(message) for message in messages if '"_aws":' in message)

    def _messages(self, name: str) -> list[str]:
        function = self.cloud.client("lambda").get_function_configuration(FunctionName=name)
        pages = (
            self.cloud.client("logs")
            .get_paginator("filter_log_events")
            .paginate(
                logGroupName=function["LoggingConfig"]["LogGroup"],
                startTime=int(self.since.timestamp() * 1000),
            )
        )
        messages = [event["message"] for page in pages for event in page["events"]]
        known, self._relayed[name] = self._relayed.get(name, 0), len(messages)
        return messages[known:]

    def _listen(self) -> None:
        """Hear what the alarms' topic tells, instead of a person's mailbox."""
        (topic,) = {action for alarm in self.alarms().values() for action in alarm["AlarmActions"]}
        sqs = self.cloud.client("sqs")
        self._notices = sqs.create_queue(QueueName="notices")["QueueUrl"]
        arn = sqs.get_queue_attributes(QueueUrl=self._notices, AttributeNames=["QueueArn"])["Attributes"][
            "QueueArn"
        ]
        sender = {
            "Effect": "Allow",
            "Principal": {"Service": "sns.amazonaws.com"},
            "Action": "sqs:SendMessage",
        }
        policy = json.dumps({"Version": "2012-10-17", "Statement": [{**sender, "Resource": arn}]})
        sqs.set_queue_attributes(QueueUrl=self._notices, Attributes={"Policy": policy})
        self.cloud.client("sns").subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)

    def _hear(self) -> None:
        sqs = self.cloud.client("sqs")
        while found := sqs.receive_message(QueueUrl=self._notices, MaxNumberOfMessages=10).get("Messages"):
            for message in found:
                notice = json.loads(json.loads(message["Body"])["Message"])
                if notice["NewStateValue"] == "ALARM":
                    self._told.add(notice["AlarmName"])
                sqs.delete_message(QueueUrl=self._notices, ReceiptHandle=message["ReceiptHandle"])


def _data(line: dict[str, Any], directive: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The points of one log line: each metric's values, under each of its sets of dimensions."""
    at = datetime.fromtimestamp(line["_aws"]["Timestamp"] / 1000, UTC)
    for names in directive["Dimensions"]:
        dimensions = [{"Name": name, "Value": line[name]} for name in names]
        for metric in directive["Metrics"]:
            values = line[metric["Name"]]
            yield {
                "MetricName": metric["Name"],
                "Dimensions": dimensions,
                "Timestamp": at,
                "Unit": metric["Unit"],
                "Values": values if isinstance(values, list) else [values],
            }
