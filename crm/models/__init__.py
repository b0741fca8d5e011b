from crm.models.alert import StaffAlert
from crm.models.breaker import Breaker
from crm.models.confirmation import ConfirmationCode
from crm.models.conversation import Attachment, Conversation, Message
from crm.models.customer import Customer, CustomerIdentifier
from crm.models.merge import CustomerMerge, MergedItem, MergeSuggestion
from crm.models.rescue import Rescue
from crm.models.user import User

__all__ = [
    "Attachment",
    "Breaker",
    "ConfirmationCode",
    "Conversation",
    "Customer",
    "CustomerIdentifier",
    "CustomerMerge",
    "MergeSuggestion",
    "MergedItem",
    "Message",
    "Rescue",
    "StaffAlert",
    "User",
]
