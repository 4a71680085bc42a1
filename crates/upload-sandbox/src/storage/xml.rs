//! The little XML that S3 speaks here: one element's text in, escaped text out.

use std::borrow::Cow;

/// The text of the first `<name>…</name>`, unescaped.
pub(crate) fn element<'a>(xml: &'a str, name: &str) -> Option<Cow<'a, str>> {
    let (_, rest) = xml.split_once(&format!("<{name}>"))?;
    let (text, _) = rest.split_once(&format!("</{name}>"))?;
    if !text.contains('&') {
        return Some(text.into());
    }
    let mut plain = text.to_owned();
    // The ampersand comes last, or `&amp;lt;` would be unescaped twice.
    for (entity, character) in
        [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&#34;", "\""), ("&apos;", "'"), ("&amp;", "&")]
    {
        plain = plain.replace(entity, character);
    }
    Some(plain.into())
}

/// Text made safe to stand in an element.
pub(crate) fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_escaped_reads_back() {
        for text in ["plain", "\"e1\"", "<a & b>", "&lt;"] {
            assert_eq!(element(&format!("<x><E>{}</E></x>", escaped(text)), "E").unwrap(), text);
        }
        assert_eq!(element("<x/>", "E"), None);
        assert_eq!(element("<E>open", "E"), None);
    }
}
