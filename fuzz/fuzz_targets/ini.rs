//! Configuration files with sections: any text, by usual names and by those of a mapping.
#![no_main]

use libfuzzer_sys::fuzz_target;
use msal_migrate::{Mapping, SourceKind, SourceOptions};

fuzz_target!(|content: &[u8]| {
    let section = b"[a]\nrefresh_token = 0.AX\nclient_id = c\n";
    for content in [content, &[section, content].concat()] {
        msal_fuzz::read(content, Some(SourceKind::Ini), None);
        let mut options = SourceOptions::default();
        options.from = Some(SourceKind::Ini);
        let map = ["refresh_token=refresh_token", "username=user:/a", "client_id=/client_id"];
        options.map = Mapping::parse(map).expect("a mapping");
        msal_fuzz::read_with(content, &options);
    }
});
