//! Names of users, as they are compared.

use icu_normalizer::ComposingNormalizerBorrowed;

/// The form in which two names of one user are equal: user principal names, e-mail addresses, and what ADAL and Entra
/// make of them.
///
/// Case does not count, nor does it matter whether an accent is composed with its letter (Unicode Standard Annex #15). A
/// guest's name at home is taken out of `alice_fabrikam.example#EXT#@contoso.example`, and a personal account's out of
/// `live.com#alice@outlook.com`, which is how v1 tokens write it.
pub fn comparable_username(name: &str) -> String {
    let name = name.trim().to_lowercase();
    let name = name.strip_prefix("live.com#").unwrap_or(&name);
    match name
        .split_once("#ext#")
        .and_then(|(guest, _host)| guest.rsplit_once('_'))
    {
        // A domain has no underscore (RFC 1035 §2.3.1), so the last one stands for `@`.
        Some((local, domain)) => composed(&format!("{local}@{domain}")),
        None => composed(name),
    }
}

fn composed(name: &str) -> String {
    ComposingNormalizerBorrowed::new_nfc()
        .normalize(name)
        .into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_one_user_are_equal() {
        for (one, other) in [
            ("Alice@Contoso.example", "alice@contoso.example"),
            ("live.com#alice@outlook.com", "alice@outlook.com"),
            ("LIVE.COM#Alice@outlook.com", "alice@outlook.com"),
            ("Zo\u{eb}@contoso.example", "ZOE\u{308}@contoso.example"),
            (
                "carol_fabrikam.example#EXT#@contoso.example",
                "carol@fabrikam.example",
            ),
            (
                "c_d_fabrikam.example#ext#@contoso.example",
                "c_d@fabrikam.example",
            ),
            (" alice@contoso.example ", "alice@contoso.example"),
        ] {
            assert_eq!(comparable_username(one), comparable_username(other));
        }
    }

    #[test]
    fn names_of_two_users_are_not() {
        for (one, other) in [
            ("alice@contoso.example", "alice@fabrikam.example"),
            ("google.com#alice@x.example", "alice@x.example"),
            ("zoe@contoso.example", "zo\u{eb}@contoso.example"),
            (
                "carol_fabrikam.example#EXT#@contoso.example",
                "carol@contoso.example",
            ),
            ("#EXT#@contoso.example", "carol@contoso.example"),
        ] {
            assert_ne!(comparable_username(one), comparable_username(other));
        }
    }
}
