//! Mapping files: any text, and what those that are none refuse; rows are read by those that are.
#![no_main]

use libfuzzer_sys::fuzz_target;
use msal_migrate::SourceOptions;

fuzz_target!(|content: &[u8]| {
    let Ok(text) = std::str::from_utf8(content) else {
        return;
    };
    // A whole file, and what is added to one that is good.
    let good = "[map]\nrefresh_token = \"a\"\n";
    for text in [text, &format!("{good}{text}"), &format!("{text}\n{good}")] {
        let Some(file) = msal_fuzz::mapping_file(text) else {
            continue;
        };
        let mut options = SourceOptions::default();
        options.mapping_file = file;
        for store in [JSON, CSV, INI] {
            msal_fuzz::read_with(store.as_bytes(), &options);
        }
    }
});

const JSON: &str = r#"{"a":"0.A","b":{"a":"{\"a\":\"0.B\"}"},"c":["0.C",null,7]}
{"a":"gAAAAA","b":"YQ==","provider":"azure-ad"}"#;
const CSV: &str = "a,b,provider\n0.A,\\x302e41,azure-ad\n\"0.\"\"B\",,\n";
const INI: &str = "[one]\na = 0.A\nb = {\"a\":\"0.B\"}\n[two]\na: 0.C\n d\n";
