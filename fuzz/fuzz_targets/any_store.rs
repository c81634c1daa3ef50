//! Any bytes, in every format.
#![no_main]

use libfuzzer_sys::fuzz_target;
use msal_migrate::SourceKind;

fuzz_target!(|content: &[u8]| {
    for from in [None].into_iter().chain(SourceKind::ALL.iter().copied().map(Some)) {
        msal_fuzz::read(content, from, Some("fuzz"));
    }
});
