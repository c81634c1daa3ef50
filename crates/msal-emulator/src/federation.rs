//! AD FS as federated domains have it: assertions (SAML 1.1 and 2.0), WS-Trust 1.3 and 2005, and the
//! metadata exchange document that names its endpoints.
//!
//! The value in an assertion's signature is not an XML signature but a sealed text that only the emulator
//! reads. ADAL Python takes answers apart and writes them anew, which no XML signature over bytes survives.

mod assertion;
mod mex;
mod ws_trust;

pub(crate) use assertion::Assertion;
pub(crate) use mex::metadata_exchange;
pub(crate) use ws_trust::{FEDERATION_AUDIENCE, issue_assertion};

/// Writes text into XML (XML 1.0 §2.4).
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
        .replace('\'', "&#39;")
}

fn unescaped(text: &str) -> String {
    text.replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&quot;", "\"")
        .replace("&#39;", "'")
        .replace("&apos;", "'")
        .replace("&amp;", "&")
}

/// The content of the first element with this local name that has only text in it.
fn text_of<'x>(xml: &'x str, name: &str) -> Option<&'x str> {
    let mut rest = xml;
    loop {
        let (before, after) = rest.split_once(name)?;
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
