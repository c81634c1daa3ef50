//! rclone's configuration, plain, and as what is encrypted.
#![no_main]

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use libfuzzer_sys::fuzz_target;
use msal_migrate::SourceKind;

fuzz_target!(|content: &[u8]| {
    let section = b"[a]\ntype = onedrive\ntoken = {\"refresh_token\":\"0.AX\"}\n";
    msal_fuzz::read(&[section, content].concat(), None, None);
    msal_fuzz::read(content, Some(SourceKind::Rclone), Some("fuzz"));
    let sealed = format!("# x\nRCLONE_ENCRYPT_V0:\n{}", STANDARD.encode(content));
    msal_fuzz::read(sealed.as_bytes(), None, Some("fuzz"));
});
