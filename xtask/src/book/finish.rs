//! What mdBook leaves to do on a page.

/// The page that readers get.
///
/// The guide of the library is a chapter as well: its links lead into the documentation of the library, which is not here,
/// so that their text stays. Code that was cut out of a function stands at the margin. Names in tables may be broken
/// between their parts.
pub(super) fn page(html: &str) -> String {
    breakable(&at_the_margin(&without_links(html)))
}

fn without_links(html: &str) -> String {
    let mut page = String::with_capacity(html.len());
    let mut rest = html;
    while let Some((before, link)) = rest.split_once("<a href=\"") {
        let is_of_rustdoc = ["crate::", "std::"]
            .iter()
            .any(|place| link.starts_with(place));
        let parts = link
            .split_once('>')
            .and_then(|(_, link)| link.split_once("</a>"));
        page.push_str(before);
        match parts {
            Some((text, after)) if is_of_rustdoc => {
                page.push_str(text);
                rest = after;
            }
            _ => {
                page.push_str("<a href=\"");
                rest = link;
            }
        }
    }
    page + rest
}

fn at_the_margin(html: &str) -> String {
    each(html, "<code class=\"language-rust\">", "</code>", |code| {
        let lines = code.lines().filter(|line| !line.is_empty());
        let indents = lines.map(|line| line.len() - line.trim_start_matches(' ').len());
        let indent = indents.min().unwrap_or(0);
        let lines = code.split('\n');
        let lines = lines.map(|line| line.get(indent..).unwrap_or_default());
        lines.collect::<Vec<_>>().join("\n")
    })
}

fn breakable(html: &str) -> String {
    let name = |code: &str| {
        let code = code.replace('_', "_<wbr>").replace("::", "::<wbr>");
        code.replace('/', "/<wbr>")
    };
    let row = |table: &str| each(table, "<code>", "</code>", name);
    each(html, "<table>", "</table>", row)
}

/// Replaces what stands between two marks.
fn each(html: &str, start: &str, end: &str, replace: impl Fn(&str) -> String) -> String {
    let mut page = String::with_capacity(html.len());
    let mut rest = html;
    while let Some((before, inside)) = rest.split_once(start) {
        let (inside, after) = inside.split_once(end).unwrap_or((inside, ""));
        page = page + before + start + &replace(inside) + end;
        rest = after;
    }
    page + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_into_the_documentation_are_text() {
        let html = r##"<p><a href="crate::Error::Http"><code>Http</code></a> <a href="x.html">x</a> <a href="#y">y</a></p>"##;
        let expected = r##"<p><code>Http</code> <a href="x.html">x</a> <a href="#y">y</a></p>"##;
        assert_eq!(page(html), expected);
    }

    #[test]
    fn code_stands_at_the_margin() {
        let html = "<code class=\"language-rust\">    a {\n\n        b\n    }\n</code> <code class=\"language-rust\">c\n  d\n</code>";
        let expected = "<code class=\"language-rust\">a {\n\n    b\n}\n</code> <code class=\"language-rust\">c\n  d\n</code>";
        assert_eq!(page(html), expected);
    }

    #[test]
    fn names_in_tables_break_between_parts() {
        let html = "<table><td><code>a_b::c/d</code> d_e</td></table><code>f_g</code>";
        let expected =
            "<table><td><code>a_<wbr>b::<wbr>c/<wbr>d</code> d_e</td></table><code>f_g</code>";
        assert_eq!(page(html), expected);
    }
}
