import os

from django.apps import AppConfig


class SabotageConfig(AppConfig):
    name = "benchmarks.storm.sabotage"

    def ready(self) -> None:
        # Imported here: what they change needs the models.
        from benchmarks.storm.sabotage import haste, safeguards, wiretap

        wiretap.listen()
        if os.environ.get("STORM_HASTE") == "1":
            haste.hurry()
        if name := os.environ.get("STORM_SABOTAGE", ""):
            safeguards.SAFEGUARDS[name]()
