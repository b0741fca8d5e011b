"""The CRM in the console: customers, conversations, files, alerts, merges and staff."""

from crm.admin import alerts, attachments, conversations, customers, merges, users

__all__ = ["alerts", "attachments", "conversations", "customers", "merges", "users"]
