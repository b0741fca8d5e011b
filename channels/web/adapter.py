from channels.types import Finding, Outgoing, Receipt, Reconciled


class WebAdapter:
    """The web form's way out: a sent message stands on the status page, nothing leaves here.

    The customer is told by e-mail afterwards, unless they have seen it (`channels.web.notices`).
    """

    repeatable = True

    def split(self, text: str, *, limit: int | None) -> list[str]:
        return [""]

    def send(self, outgoing: Outgoing) -> Receipt:
        return Receipt()

    def reconcile(self, outgoing: Outgoing) -> Reconciled:
        return Reconciled(Finding.NOT_SENT)
