"""The look of Markdown: colours, borders and margins of code, headings and tables, which it does not define itself."""

from collections.abc import Iterator

from PySide6.QtGui import (
    QFont,
    QFontDatabase,
    QPalette,
    QTextBlock,
    QTextBlockFormat,
    QTextCharFormat,
    QTextCursor,
    QTextDocument,
    QTextFormat,
    QTextFragment,
    QTextFrameFormat,
    QTextTable,
)

_INDENT = 24.0
_LINE_HEIGHT = 125.0
_KEEP = QTextCursor.MoveMode.KeepAnchor


def style_document(document: QTextDocument, palette: QPalette) -> None:
    """Style a whole document in the colours of a palette."""
    editing = QTextCursor(document)
    editing.beginEditBlock()
    for block in blocks_of(document):
        _style_block(block, palette)
    for frame in document.rootFrame().childFrames():
        if isinstance(frame, QTextTable):
            _style_table(frame, palette)
    editing.endEditBlock()
    document.setIndentWidth(_INDENT)


def blocks_of(document: QTextDocument) -> Iterator[QTextBlock]:
    block = document.begin()
    while block.isValid():
        yield block
        block = block.next()


def fragments(block: QTextBlock) -> Iterator[QTextFragment]:
    at = block.begin()
    while not at.atEnd():
        yield at.fragment()
        at += 1


def is_code(block: QTextBlock) -> bool:
    """Whether a block is a line of fenced code."""
    return block.blockFormat().hasProperty(QTextFormat.Property.BlockCodeFence)


def _style_block(block: QTextBlock, palette: QPalette) -> None:
    cursor = QTextCursor(block)
    level = block.blockFormat().headingLevel()
    if is_code(block):
        cursor.mergeBlockFormat(_code_format(block, palette))
        cursor.movePosition(QTextCursor.MoveOperation.EndOfBlock, _KEEP)
        cursor.mergeCharFormat(_fixed_format())
        return
    added = QTextBlockFormat()
    pictures = any(part.charFormat().isImageFormat() for part in fragments(block))
    added.setLineHeight(100.0 if pictures else _LINE_HEIGHT, QTextBlockFormat.LineHeightTypes.ProportionalHeight.value)
    if level:
        added.setTopMargin(6.0 if level == 1 else 18.0)
        added.setBottomMargin(6.0)
    cursor.mergeBlockFormat(added)
    _style_inline_code(block, palette)


def _style_inline_code(block: QTextBlock, palette: QPalette) -> None:
    ends = [
        (fragment.position(), fragment.position() + fragment.length())
        for fragment in fragments(block)
        if fragment.charFormat().fontFixedPitch()
    ]
    added = _fixed_format()
    level = block.blockFormat().headingLevel()
    if level:  # code in a heading does not have the size of the heading by itself
        added.setFontWeight(QFont.Weight.Bold)
        added.setProperty(QTextFormat.Property.FontSizeAdjustment.value, 4 - level)
    else:
        added.setBackground(palette.color(QPalette.ColorRole.AlternateBase))
    for start, end in ends:
        cursor = QTextCursor(block)
        cursor.setPosition(start)
        cursor.setPosition(end, _KEEP)
        cursor.mergeCharFormat(added)


def _code_format(block: QTextBlock, palette: QPalette) -> QTextBlockFormat:
    added = QTextBlockFormat()
    added.setBackground(palette.color(QPalette.ColorRole.AlternateBase))
    added.setNonBreakableLines(True)
    added.setTopMargin(0.0 if is_code(block.previous()) else 8.0)
    added.setBottomMargin(0.0 if is_code(block.next()) else 10.0)
    return added


def _style_table(table: QTextTable, palette: QPalette) -> None:
    table_format = table.format()
    table_format.setBorder(1.0)
    table_format.setBorderCollapse(True)
    table_format.setBorderStyle(QTextFrameFormat.BorderStyle.BorderStyle_Solid)
    table_format.setBorderBrush(palette.color(QPalette.ColorRole.Mid))
    table_format.setCellPadding(5.0)
    table_format.setCellSpacing(0.0)
    table_format.setTopMargin(6.0)
    table_format.setBottomMargin(12.0)
    table.setFormat(table_format)
    for column in range(table.columns()):
        cell = table.cellAt(0, column)
        head = cell.format()
        head.setBackground(palette.color(QPalette.ColorRole.AlternateBase))
        cell.setFormat(head)


def _fixed_format() -> QTextCharFormat:
    char_format = QTextCharFormat()
    char_format.setFontFamilies(QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont).families())
    char_format.setFontFixedPitch(True)
    return char_format
