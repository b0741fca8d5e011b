"""The CRM in the console: customers, conversations, files, alerts and staff."""

from crm.admin import alerts, attachments, conversations, customers, users

__all__ = ["alerts", "attachments", "conversations", "customers", "users"]
