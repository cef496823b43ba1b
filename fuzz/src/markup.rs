//! Whether the markup of a message is ours alone.

/// The elements that an e-mail's page is made of.
const ELEMENTS: [&str; 26] = [
    "html",
    "head",
    "meta",
    "title",
    "body",
    "table",
    "tr",
    "td",
    "p",
    "br",
    "hr",
    "strong",
    "em",
    "a",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "ul",
    "ol",
    "li",
    "blockquote",
    "code",
    "pre",
];

/// Their attributes.
const ATTRIBUTES: [&str; 12] = [
    "lang",
    "charset",
    "name",
    "content",
    "style",
    "role",
    "width",
    "cellpadding",
    "cellspacing",
    "align",
    "href",
    "start",
];

/// Every `<` of a page begins one of our elements, with our attributes in double quotes, and no link is a script.
pub fn is_ours(page: &str) {
    let page = page.strip_prefix("<!doctype html>").unwrap_or(page);
    for (at, _) in page.match_indices('<') {
        let mut rest = page[at + 1..].trim_start_matches('/');
        let name = word(&mut rest);
        assert!(ELEMENTS.contains(&name), "<{name}> in {page:?}");
        while let Some(attributes) = rest.strip_prefix(' ') {
            rest = attributes;
            let name = word(&mut rest);
            assert!(ATTRIBUTES.contains(&name), "{name}= in {page:?}");
            let value = rest
                .strip_prefix("=\"")
                .and_then(|rest| rest.split_once('"'));
            let Some((value, behind)) = value else {
                panic!("{name} has no value in {page:?}");
            };
            let scheme = value.trim_start().to_ascii_lowercase();
            let harmful = ["javascript:", "data:", "vbscript:"]
                .iter()
                .any(|bad| scheme.starts_with(bad));
            assert!(name != "href" || !harmful, "{value} in {page:?}");
            rest = behind;
        }
        assert!(rest.starts_with('>'), "{rest:?} in {page:?}");
    }
}

fn word<'t>(rest: &mut &'t str) -> &'t str {
    let end = rest
        .find(|c: char| !c.is_ascii_alphanumeric())
        .unwrap_or(rest.len());
    let (word, behind) = rest.split_at(end);
    *rest = behind;
    word
}
