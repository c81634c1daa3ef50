//! What an operator corrects after a refusal, told by what the server says.

use std::borrow::Cow;

use msal_migrate::Reason;

use crate::shell;

/// What to correct, with the argument to add where there is one.
pub(crate) fn advice_for(client_id: &str, reason: &Reason) -> Cow<'static, str> {
    match reason.aadsts.contains(&7_000_218) {
        true => {
            let (name, file) = (format!("{client_id}=NAME"), format!("{client_id}=FILE"));
            let (name, file) = (shell::quoted(&name), shell::quoted(&file));
            format!(
                "no secret was given; pass --client-secret-env {name}, with the variable that holds it, \
                 --client-secret-file {file} or --certificate {file}"
            )
            .into()
        }
        false => advice(reason).into(),
    }
}

/// What to correct.
pub(crate) fn advice(reason: &Reason) -> &'static str {
    let by_code = reason.aadsts.iter().find_map(|code| {
        Some(match code {
            700_005 | 7_000_012 => {
                "these tokens are of another tenant; name it with --authority https://HOST/TENANT"
            }
            50_020 | 50_034 | 51_004 | 90_072 | 500_208 => {
                "these users are not in this tenant; name theirs with --authority, or add them to it"
            }
            50_059 | 50_128 | 90_002 | 90_019 | 900_023 => {
                "there is no such tenant; correct the one that --authority or the input names"
            }
            70_001 | 650_051 | 650_052 | 650_056 | 700_016 | 7_000_112 => {
                "the application is not in this directory, or not as it must be; correct --client-id or --authority, \
                 or have its administrator add it"
            }
            50_194 => "the application serves one tenant; name it with --authority https://HOST/TENANT",
            700_038 => "this is no client id; correct --client-id",
            9_002_331 => "the application serves personal accounts only; name /consumers with --authority",
            7_000_218 => {
                "this client must prove who it is; name its secret with --client-secret-env or --client-secret-file, or its \
                 --certificate"
            }
            700_024 => {
                "the client's assertion is not valid at the server's time; set this machine's clock"
            }
            700_021 | 700_023 | 700_213 => {
                "the server does not take the client's assertion; make it for this client and authority, or name a secret or a \
                 --certificate"
            }
            700_025 => {
                "this client is a public one; leave out its --client-secret-env, --client-secret-file or --certificate"
            }
            700_027 => {
                "the application does not know this certificate; register it there, or name another with --certificate"
            }
            7_000_215 => {
                "the secret is not this client's; give the secret's value and not its id, with --client-secret-env or \
                 --client-secret-file"
            }
            7_000_222 => {
                "the secret has expired; make a new one for the application, and name it with --client-secret-env or \
                 --client-secret-file"
            }
            70_011 | 500_011 | 650_053 | 650_057 | 700_022 => {
                "the scopes are not what this application can ask for; correct --default-scope or --map-resource"
            }
            9_002_326 => "these tokens are no single-page application's; leave out --spa-origin",
            9_002_327 => {
                "these tokens are a single-page application's; name its origin with --spa-origin https://HOST"
            }
            _ => return None,
        })
    });
    if let Some(advice) = by_code {
        return advice;
    }
    match reason.error.as_ref() {
        "sent_for_other_client" => {
            "the input lists these tokens for another client too, and each goes out once; name the client whose they are \
             with --client-id"
        }
        "authority_refused" => "the authority's metadata cannot be used; correct --authority",
        "invalid_client" => {
            "the server does not accept how this client proves itself; correct its secret, or give none"
        }
        "invalid_scope" | "invalid_resource" | "invalid_target" => {
            "correct --default-scope or --map-resource"
        }
        "unauthorized_client" => "the application may not do this here; correct its registration",
        "http_407" => "a proxy wants a name and a password; set them in HTTPS_PROXY",
        error if error.starts_with("http_") => {
            "this is no answer of a token endpoint; see what stands between here and the server, and correct --authority"
        }
        _ => {
            "the server refused the request; correct the authority, the client, its secret or the scopes"
        }
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// The reason with this error and these numbers.
    pub(crate) fn reason(error: &'static str, codes: &[u32]) -> Reason {
        let mut reason = Reason::default();
        reason.error = error.into();
        reason.aadsts = codes.to_vec();
        reason
    }

    #[test]
    fn each_cause_leads_to_what_is_to_be_corrected() {
        for (error, codes, word) in [
            ("invalid_client", &[7_000_218][..], "--client-secret-env"),
            ("invalid_client", &[7_000_222], "expired"),
            ("invalid_client", &[7_000_215], "--client-secret-env"),
            ("invalid_client", &[700_025], "leave out"),
            ("invalid_client", &[700_027], "--certificate"),
            ("invalid_client", &[700_213], "assertion"),
            ("unauthorized_client", &[700_038], "--client-id"),
            ("invalid_request", &[90_002], "no such tenant"),
            ("invalid_request", &[900_023], "no such tenant"),
            ("invalid_request", &[9_002_326], "--spa-origin"),
            ("invalid_grant", &[50_034], "not in this tenant"),
            ("invalid_client", &[], "secret"),
            ("invalid_grant", &[7_000_012], "another tenant"),
            ("invalid_grant", &[1, 90_072], "not in this tenant"),
            ("unauthorized_client", &[700_016], "--client-id"),
            ("invalid_request", &[9_002_327], "--spa-origin"),
            ("invalid_client", &[700_024], "clock"),
            ("authority_refused", &[90_002], "no such tenant"),
            ("invalid_scope", &[], "--default-scope"),
            ("authority_refused", &[], "metadata"),
            ("sent_for_other_client", &[], "--client-id"),
            ("http_407", &[], "proxy"),
            ("http_403", &[], "between here and the server"),
        ] {
            let advice = advice(&reason(error, codes));
            assert!(advice.contains(word), "{error} {codes:?}: {advice}");
        }
        for error in ["http_403", "http_407", "authority_refused"] {
            let advice = advice(&reason(error, &[]));
            assert!(!advice.contains("secret"), "{error}: {advice}");
        }
    }
}
