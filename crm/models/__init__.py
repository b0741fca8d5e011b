from crm.models.alert import StaffAlert
from crm.models.conversation import Attachment, Conversation, Message
from crm.models.customer import Customer, CustomerIdentifier
from crm.models.user import User

__all__ = [
    "Attachment",
    "Conversation",
    "Customer",
    "CustomerIdentifier",
    "Message",
    "StaffAlert",
    "User",
]
