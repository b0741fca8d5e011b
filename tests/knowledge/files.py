"""Documents of every format, made here."""

import io

from docx import Document
from reportlab.lib.pdfencrypt import StandardEncryption
from reportlab.lib.styles import getSampleStyleSheet
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import ListFlowable, Paragraph, SimpleDocTemplate

LONG = "You can change the plan at any time, and the new price counts from the next month on. " * 4


def pdf(*, password: str = "") -> bytes:
    """Title, headings of two sizes, a list, paragraphs, and the same foot on each page."""
    style = getSampleStyleSheet()
    story = [
        Paragraph("The manual", style["Title"]),
        Paragraph("Plans", style["Heading1"]),
        Paragraph(LONG, style["Normal"]),
        Paragraph("Cancel", style["Heading2"]),
        ListFlowable(
            [Paragraph("Open the settings", style["Normal"]), Paragraph("Press", style["Normal"])],
            bulletType="bullet",
        ),
        *(Paragraph(LONG * 3, style["BodyText"]) for _number in range(14)),
    ]

    def foot(canvas: Canvas, document: SimpleDocTemplate) -> None:
        canvas.drawString(50, 30, f"Example Inc. · page {document.page}")

    buffer = io.BytesIO()
    encryption = StandardEncryption(password) if password else None
    template = SimpleDocTemplate(buffer, encrypt=encryption)
    template.build(story, onFirstPage=foot, onLaterPages=foot)
    return buffer.getvalue()


def scanned_pdf() -> bytes:
    """A page that holds a drawing and no text."""
    buffer = io.BytesIO()
    canvas = Canvas(buffer)
    canvas.rect(100, 100, 200, 200)
    canvas.showPage()
    canvas.save()
    return buffer.getvalue()


def docx() -> bytes:
    document = Document()
    document.core_properties.language = "de"
    document.add_heading("Rechnungen", 0)
    document.add_heading("Wo sie sind", 1)
    document.add_paragraph("Unter Einstellungen.")
    document.add_paragraph("Öffnen", style="List Bullet")
    document.add_paragraph("Tiefer", style="List Bullet 2")
    document.add_paragraph("# kein Titel")
    table = document.add_table(rows=2, cols=2)
    for row, cells in enumerate((("Plan", "Preis | Monat"), ("Team", "9"))):
        for column, text in enumerate(cells):
            table.cell(row, column).text = text
    buffer = io.BytesIO()
    document.save(buffer)
    return buffer.getvalue()


def html(title: str = "Change your plan", text: str = "Open the settings.") -> bytes:
    return f"""<!doctype html><html lang="en-GB"><head><meta charset="utf-8">
    <title>{title} | Example</title><meta name="description" content="How to change it.">
    <script>alert("never")</script><style>p {{ color: red }}</style></head>
    <body><nav><a href="/">Home</a> <a href="/all">All pages</a></nav>
    <main><article><h1>{title}</h1><p>{text} See <a href="/plans">the plans</a>.</p>
    <h2>Steps</h2><ol><li>Open it</li><li>Press it</li></ol>
    <pre><code>plan --change
plan --show</code></pre>
    <table><tr><th>Plan</th><th>Price</th></tr><tr><td>Team</td><td>9</td></tr></table>
    <img src="x" onerror="alert(1)"><p>That is all.</p></article></main>
    <footer>Copyright Example Inc.</footer></body></html>""".encode()
