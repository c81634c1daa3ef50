//! MSAL's unified cache, and the dictionaries of MSAL.NET 2 around any text.
#![no_main]

use libfuzzer_sys::fuzz_target;
use msal_migrate::SourceKind;

fuzz_target!(|content: &[u8]| {
    msal_fuzz::read(content, Some(SourceKind::MsalCache), None);
    let before = br#"[{"Key":"refresh_tokens","Value":["{\"secret\":\"0.AX\"}",""#;
    let after = br#""]}]"#;
    msal_fuzz::read(&[before, content, after].concat(), None, None);
});
