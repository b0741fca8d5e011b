from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from pgvector.django import VectorField

from knowledge.models.passage import Passage


class EmbeddingIndex(models.Model):
    """The vectors of one embedding model. Exactly one index is active and searched.

    `model` is the embedder's name, which tells exactly what made the vectors; `source` is what
    opens it again, as `knowledge.embeddings.get_embedder` takes it.
    """

    class State(models.TextChoices):
        BUILDING = "building", _("building")
        ACTIVE = "active", _("active")
        KEPT = "kept", _("kept for a return")
        RETIRED = "retired", _("being removed")

    model = models.CharField(_("model"), max_length=200, unique=True)
    source = models.CharField(_("opened by"), max_length=500, default="local")
    dimensions = models.PositiveIntegerField(_("dimensions"))
    state = models.CharField(
        _("state"), max_length=10, choices=State.choices, default=State.BUILDING
    )
    created_at = models.DateTimeField(_("created"), auto_now_add=True)

    class Meta:
        verbose_name = _("embedding index")
        verbose_name_plural = _("embedding indexes")
        constraints = [
            models.UniqueConstraint(
                fields=["state"], condition=Q(state="active"), name="embedding_index_one_active"
            )
        ]

    def __str__(self) -> str:
        return self.model


class PassageEmbedding(models.Model):
    """A passage's vector under one model; vectors of two models never meet in a query.

    The column has no dimensions of its own: `knowledge.vectors` keeps one HNSW index for each
    `EmbeddingIndex`, over its rows only and cast to its dimensions.
    """

    index = models.ForeignKey(EmbeddingIndex, models.CASCADE, related_name="embeddings")
    passage = models.ForeignKey(Passage, models.CASCADE, related_name="embeddings")
    vector = VectorField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["index", "passage"], name="passage_embedded_once")
        ]

    def __str__(self) -> str:
        return f"{self.index_id}/{self.passage_id}"
