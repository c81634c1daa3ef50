//! The small part of XML that WS-Trust needs.

pub(super) fn unescaped(text: &str) -> String {
    text.replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&quot;", "\"")
        .replace("&#39;", "'")
        .replace("&apos;", "'")
        // Last, so that "&amp;lt;" becomes "&lt;" and not "<".
        .replace("&amp;", "&")
}

/// The text at the beginning of the first element with this local name. Prefixes differ from client to client and do
/// not count.
pub(super) fn text_of<'x>(xml: &'x str, name: &str) -> Option<&'x str> {
    let mut rest = xml;
    loop {
        let (before, after) = rest.split_once(name)?;
        // The name must follow the "<" of a start tag, directly or after a prefix.
        let opens = before.ends_with('<')
            || before
                .rsplit_once('<')
                .is_some_and(|(_, tag)| tag.ends_with(':') && !tag.contains(['/', '>', ' ']));
        if opens && after.starts_with(['>', ' ', '\n', '\r', '\t']) {
            let (_, content) = after.split_once('>')?;
            return content.split('<').next();
        }
        rest = after;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn elements_are_found_by_their_local_names() {
        let xml = "<a:x><o:Username>al&amp;ice</o:Username><Password Type='t'>p</Password></a:x>";
        assert_eq!(text_of(xml, "Username").map(unescaped).unwrap(), "al&ice");
        assert_eq!(text_of(xml, "Password"), Some("p"));
        assert_eq!(text_of(xml, "Nothing"), None);
        assert_eq!(text_of("Username", "Username"), None);
    }
}
