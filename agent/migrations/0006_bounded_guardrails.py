# ruff: noqa: E501  a pattern is one line, as in its row
"""Default patterns whose time grew with the square of the text, by others with the same meaning.

Only lines that stand as they were shipped are replaced; what staff wrote stays.
"""

from django.db import migrations

REPLACED = {
    r"""^\W*(?:system|assistant|developer)\s*:\s*[^\n]{0,200}\b(?:customer|user|you|your|instructions?|verified|must|ignore|reply|respond|approve)\b""": r"""^[^\w\n]*(?:system|assistant|developer)\s*:\s*[^\n]{0,200}\b(?:customer|user|you|your|instructions?|verified|must|ignore|reply|respond|approve)\b""",
    r"""#{2,}\s*(?:system|instructions?|assistant|new (?:instructions?|task|rules))\b""": r"""(?<!#)#{2,}\s*(?:system|instructions?|assistant|new (?:instructions?|task|rules))\b""",
    r"""^\W*(?:act as|pretend|role-?play|simulate|imagine (?:you|that you))\b""": r"""^[^\w\n]*(?:act as|pretend|role-?play|simulate|imagine (?:you|that you))\b""",
    r"""\brefund (?:please|now|immediately|asap)\b|^\W*(?:please )?refund(?: me| us| request)?\W*$""": r"""\brefund (?:please|now|immediately|asap)\b|^[^\w\n]*(?:please )?refund(?: me| us| request)?[^\w\n]*$""",
    r"""\b(?:please|kindly|pls|plz|can you|could you|would you|will you|can u|you to|somebody|someone)\s+(?:please |also |kindly |just |then |quickly )*(?:change|update|delete|remove|restore|recover|reset|unlock|reactivate|deactivate|cancel|close|merge|transfer|upgrade|downgrade|rename|correct|resend|extend|activate|enable|disable|switch|move|prolong|undo|reopen)\b[^.?!]{0,60}\b(?:my|our|us|me|for (?:me|us)|the (?:owner|workspace|user|account|invoice|subscription|trial|log-?in)|of our)\b""": r"""\b(?:please|kindly|pls|plz|can you|could you|would you|will you|can u|you to|somebody|someone)\s+(?:please |also |kindly |just |then |quickly ){0,6}(?:change|update|delete|remove|restore|recover|reset|unlock|reactivate|deactivate|cancel|close|merge|transfer|upgrade|downgrade|rename|correct|resend|extend|activate|enable|disable|switch|move|prolong|undo|reopen)\b[^.?!]{0,60}\b(?:my|our|us|me|for (?:me|us)|the (?:owner|workspace|user|account|invoice|subscription|trial|log-?in)|of our)\b""",
    r"""\b(?:please|kindly|pls|can you|could you|would you|can u)\s+(?:please |also |kindly |just )*(?:e-?mail |send )(?:me|us)\b[^.?!]{0,30}\b(?:invoices?|receipts?|bills?|reset|code|password)\b""": r"""\b(?:please|kindly|pls|can you|could you|would you|can u)\s+(?:please |also |kindly |just ){0,6}(?:e-?mail |send )(?:me|us)\b[^.?!]{0,30}\b(?:invoices?|receipts?|bills?|reset|code|password)\b""",
    r"""\b(?:can|could|would|please)\s+(?:you |u )?(?:please |also |kindly |just )*(?:look (?:up|at|into)|check|find out|investigate|verify|tell (?:me|us) (?:who|which|how many|how much|whether (?:my|our)))\b[^.?!]{0,60}\b(?:my|our|we|who (?:was|is|has|did)|which|what happened|what went|the (?:owner|workspace|invoice|account|payment|status of)|account|export|import)\b""": r"""\b(?:can|could|would|please)\s+(?:you |u )?(?:please |also |kindly |just ){0,6}(?:look (?:up|at|into)|check|find out|investigate|verify|tell (?:me|us) (?:who|which|how many|how much|whether (?:my|our)))\b[^.?!]{0,60}\b(?:my|our|we|who (?:was|is|has|did)|which|what happened|what went|the (?:owner|workspace|invoice|account|payment|status of)|account|export|import)\b""",
}


def replace_lines(apps, schema_editor):
    for rule in apps.get_model("agent", "GuardrailRule").objects.all():
        lines = [REPLACED.get(line.strip(), line) for line in rule.patterns.splitlines()]
        patterns = "\n".join(lines)
        if patterns != "\n".join(rule.patterns.splitlines()):
            rule.patterns = patterns
            rule.save(update_fields=["patterns"])


class Migration(migrations.Migration):
    dependencies = [("agent", "0005_one_briefing")]

    operations = [migrations.RunPython(replace_lines, migrations.RunPython.noop)]
