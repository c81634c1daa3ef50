//! What the fuzz targets share: a store of any bytes is read twice, to the same rows, or refused with one line.

use std::fs;
use std::ops::ControlFlow;

use msal_migrate::{
    DecodingKey, MappingFile, Row, Source, SourceError, SourceKind, SourceOptions, open,
};

/// Reads `content` as a store of the format `from`, or of the one that is detected.
pub fn read(content: &[u8], from: Option<SourceKind>, password: Option<&str>) {
    let mut options = SourceOptions::default();
    options.from = from;
    options.password = password.map(Into::into);
    read_with(content, &options);
}

/// Reads `content` as `options` say.
pub fn read_with(content: &[u8], options: &SourceOptions) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("store");
    fs::write(&path, content).expect("room for a small file");
    let source = match open(&path, options) {
        Ok(source) => source,
        Err(error) => return one_line(&error),
    };
    match (rows(&*source), rows(&*source)) {
        (Ok(first), Ok(second)) => assert_eq!(first, second),
        (Err(first), Err(second)) => {
            one_line(&first);
            assert_eq!(first.to_string(), second.to_string());
        }
        (first, second) => panic!("{first:?} and then {second:?}"),
    }
}

/// The mapping file that `text` is, with a key for each step that needs one; `None` where it is refused, with one line.
pub fn mapping_file(text: &str) -> Option<MappingFile> {
    // Of Fernet's form, which the other ciphers take as well.
    const KEY: &str = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";
    let file = MappingFile::parse("fuzz.toml", text).and_then(|file| {
        let sources: Vec<_> = file.key_sources().cloned().collect();
        let with = |file: MappingFile, source| file.with_key(source, DecodingKey::new(KEY));
        sources.iter().try_fold(file, with)
    });
    match file {
        Ok(file) => Some(file),
        Err(error) => {
            assert!(!error.to_string().contains('\n'), "{error:?}");
            None
        }
    }
}

fn rows(source: &dyn Source) -> Result<Vec<String>, SourceError> {
    let mut rows = Vec::new();
    source.read(&mut |row| {
        rows.push(match row {
            Row::Record(record) => {
                let token = record.refresh_token.expose_secret();
                assert!(!token.trim().is_empty());
                format!("{record:?} {token}")
            }
            other => format!("{other:?}"),
        });
        ControlFlow::Continue(())
    })?;
    Ok(rows)
}

fn one_line(error: &SourceError) {
    assert!(!error.to_string().contains('\n'), "{error:?}");
    assert!(!error.hint().unwrap_or_default().contains('\n'), "{error:?}");
}
