//! `response_type`: what the authorization endpoint itself gives (OAuth 2.0 Multiple Response Types).

/// A set of `code`, `id_token` and `token`, of which there is at least one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct ResponseType {
    pub(crate) code: bool,
    pub(crate) id_token: bool,
    pub(crate) token: bool,
}

impl ResponseType {
    /// RFC 6749 §3.1.1: a space-delimited list "where the order of values does not matter".
    pub(crate) fn read(text: &str) -> Option<Self> {
        let mut read = Self::default();
        for value in text.split(' ').filter(|value| !value.is_empty()) {
            let asked = match value {
                "code" => &mut read.code,
                "id_token" => &mut read.id_token,
                "token" => &mut read.token,
                _ => return None,
            };
            // A value that is there twice makes another response type, and one that nobody knows.
            if std::mem::replace(asked, true) {
                return None;
            }
        }
        (read != Self::default()).then_some(read)
    }

    pub(crate) fn has_tokens(self) -> bool {
        self.id_token || self.token
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_come_in_any_order_and_once() {
        let hybrid = ResponseType {
            code: true,
            id_token: true,
            token: false,
        };
        assert_eq!(ResponseType::read("code id_token"), Some(hybrid));
        assert_eq!(ResponseType::read("id_token code"), Some(hybrid));
        for text in ["", " ", "none", "code code", "code magic"] {
            assert_eq!(ResponseType::read(text), None, "{text}");
        }
    }
}
