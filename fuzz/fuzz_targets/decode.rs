//! The steps of `[decode]`: any value through any of them, for the token and for a column that holds JSON.
#![no_main]

use libfuzzer_sys::fuzz_target;
use msal_migrate::SourceOptions;

fuzz_target!(|content: (u8, u8, &[u8])| {
    let (first, second, value) = content;
    let step = |number: u8| STEPS[usize::from(number) % STEPS.len()];
    let steps = format!("[\"{}\", \"{}\"]", step(first), step(second));
    let text = format!(
        "[map]\nrefresh_token = \"token\"\nusername = \"json:/user\"\n\
         [decode]\nsteps = {steps}\n[decode.columns]\njson = {steps}\n"
    );
    let Some(file) = msal_fuzz::mapping_file(&text) else {
        return;
    };
    let mut options = SourceOptions::default();
    options.mapping_file = file;
    let value = String::from_utf8_lossy(value);
    let row = serde_json::json!({ "token": value, "json": value });
    msal_fuzz::read_with(row.to_string().as_bytes(), &options);
});

const STEPS: [&str; 8] = [
    "base64",
    "better-auth(env:KEY)",
    "fernet(env:KEY)",
    "hex",
    "hex-bytea",
    "json-string",
    "none",
    "url",
];
