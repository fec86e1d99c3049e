//! Small questions to an XML document.

use roxmltree::Node;

/// The first child element of a name.
pub(super) fn child<'a, 'i>(node: Node<'a, 'i>, name: &str) -> Option<Node<'a, 'i>> {
    node.children().find(|child| child.has_tag_name(name))
}

/// All child elements of a name.
pub(super) fn children<'a, 'i: 'a>(
    node: Node<'a, 'i>,
    name: &'a str,
) -> impl Iterator<Item = Node<'a, 'i>> {
    node.children().filter(move |child| child.has_tag_name(name))
}

/// The text of a child element.
pub(super) fn text<'a>(node: Node<'a, '_>, name: &str) -> Option<&'a str> {
    child(node, name)?.text().map(str::trim)
}

/// The line on which a node begins.
pub(super) fn line(node: Node<'_, '_>) -> u32 {
    node.document().text_pos_at(node.range().start).row
}

/// A path by a pattern such as `tests/%02d.a` and a number; `None` when it is no such pattern.
pub(super) fn numbered(pattern: &str, number: usize) -> Option<String> {
    let (start, rest) = pattern.split_once('%')?;
    let (width, end) = rest.split_once('d')?;
    let plain = width.bytes().all(|b| b.is_ascii_digit()) && width.len() <= 2;
    let width: usize = if width.is_empty() { 0 } else { width.parse().ok()? };
    (plain && !end.contains('%')).then(|| format!("{start}{number:0width$}{end}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns() {
        assert_eq!(numbered("tests/%02d", 7).as_deref(), Some("tests/07"));
        assert_eq!(numbered("tests/%03d.a", 1234).as_deref(), Some("tests/1234.a"));
        assert_eq!(numbered("%d.in", 5).as_deref(), Some("5.in"));
        for bad in ["tests/1", "%s", "%02d/%02d", "%99999d", "%-1d"] {
            assert_eq!(numbered(bad, 1), None, "{bad}");
        }
    }
}
