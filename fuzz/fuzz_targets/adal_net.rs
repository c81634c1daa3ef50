//! ADAL.NET's binary cache, by itself and in a context of Azure PowerShell.
#![no_main]

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|content: &[u8]| {
    // The schema, a few entries, and a key that is recognised; the rest is the fuzzer's.
    let cache = [b"\x03\0\0\0\x04\0\0\0\x04http".as_slice(), content].concat();
    msal_fuzz::read(&cache, None, None);
    let data = STANDARD.encode(&cache);
    let context = format!(r#"{{"TokenCache":{{"CacheData":"{data}"}}}}"#);
    msal_fuzz::read(context.as_bytes(), None, None);
});
