//! Words for a POSIX shell.

use std::borrow::Cow;

/// The word that a shell reads as `text`, and as nothing else (POSIX.1-2017, Shell Command Language, 2.2.2).
pub(crate) fn quoted(text: &str) -> Cow<'_, str> {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"%+,-./:=@_".contains(&byte);
    match !text.is_empty() && text.bytes().all(is_plain) {
        true => Cow::Borrowed(text),
        false => Cow::Owned(format!("'{}'", text.replace('\'', r"'\''"))),
    }
}

/// What was typed, to be typed again with more behind it; `None` where it ends in words that no option can follow, or is not
/// text.
pub(crate) fn this_command() -> Option<String> {
    let arguments: Option<Vec<_>> = std::env::args_os()
        .skip(1)
        .map(|argument| argument.into_string().ok())
        .collect();
    let arguments = arguments?;
    let can_go_on = !arguments.iter().any(|argument| argument == "--");
    let words = arguments.iter().map(|argument| quoted(argument));
    can_go_on.then(|| {
        let words: Vec<_> = [Cow::Borrowed("msal")].into_iter().chain(words).collect();
        words.join(" ")
    })
}

#[cfg(all(test, unix))]
mod tests {
    use std::process::Command;

    use super::*;

    #[test]
    fn a_shell_reads_what_was_quoted() {
        for text in [
            "alice@contoso.example",
            "https://graph.microsoft.com/.default",
            "",
            "~",
            "a b",
            "it's",
            "$(touch x)",
            "`id`",
            "a;b|c&d>e",
            "\\",
            "!!",
            "a\nb",
            "''",
            "*",
            "王",
        ] {
            let script = format!("printf %s {}", quoted(text));
            let output = Command::new("sh").args(["-c", &script]).output().unwrap();
            assert_eq!(String::from_utf8(output.stdout).unwrap(), text, "{script}");
        }
        assert_eq!(quoted("a@b.c"), "a@b.c");
    }
}
