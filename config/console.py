from unfold.sites import UnfoldAdminSite


class Console(UnfoldAdminSite):
    """The staff console: the Django admin in the theme of unfold."""

    site_header = "Allhours"
    site_title = "Allhours"
    index_title = "What needs a person"
