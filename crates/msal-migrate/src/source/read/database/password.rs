//! The password of a database, and the file in which libpq keeps passwords.

use std::fmt;

use zeroize::Zeroizing;

use super::url::{DatabaseUrl, Place};

/// The password of the database that somebody named. It is overwritten when it is dropped.
#[derive(Clone)]
pub struct DatabasePassword(Zeroizing<String>);

impl DatabasePassword {
    /// Takes a password over.
    pub fn new(password: impl Into<String>) -> Self {
        Self(Zeroizing::new(password.into()))
    }

    /// Where this is the text of a whole file of libpq's: the password that it has for `url`. Its lines are
    /// `HOST:PORT:DATABASE:USER:PASSWORD`, and the first that fits is taken (PostgreSQL documentation, "The Password File").
    pub fn of_password_file(&self, url: &DatabaseUrl) -> Option<Self> {
        let lines = self.0.lines().filter(|line| !line.starts_with('#'));
        lines.filter_map(|line| fits(line, url)).next()
    }

    #[cfg(any(feature = "mysql", feature = "postgres"))]
    pub(super) fn expose_secret(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for DatabasePassword {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("DatabasePassword([redacted])")
    }
}

/// The password of a line that is about this database.
fn fits(line: &str, url: &DatabaseUrl) -> Option<DatabasePassword> {
    let mut fields = Fields(line);
    let [host, port, database, user] = [(); 4].map(|()| fields.next_field());
    let (is_host, port_used) = match &url.place {
        Place::Host { name, port } => (is(&host?, name), port),
        Place::Socket { path, port } => {
            let host = host?;
            // What libpq looks for where a server is asked through its usual socket.
            (
                is(&host, "localhost") || is(&host, &path.to_string_lossy()),
                port,
            )
        }
    };
    let fits = is_host
        && is(&port?, &port_used.to_string())
        && is(&database?, &url.database)
        && is(&user?, &url.user);
    let password = fields.rest();
    (fits && !password.is_empty()).then(|| DatabasePassword(password))
}

/// "Each of the first four fields can be a literal value, or *, which matches anything."
fn is(field: &Field, value: &str) -> bool {
    field.is_wildcard || *field.text == value
}

/// The fields of a line. "If an entry needs to contain : or \, escape this character with \."
struct Fields<'a>(&'a str);

struct Field {
    text: Zeroizing<String>,
    /// A star that is not escaped stands for anything.
    is_wildcard: bool,
}

impl Fields<'_> {
    /// The field up to the next colon; nothing where there is none.
    fn next_field(&mut self) -> Option<Field> {
        let mut text = Zeroizing::new(String::with_capacity(self.0.len()));
        let mut characters = self.0.char_indices();
        while let Some((at, character)) = characters.next() {
            match character {
                ':' => {
                    let raw = self.0.get(..at)?;
                    self.0 = self.0.get(at + 1..)?;
                    return Some(Field {
                        text,
                        is_wildcard: raw == "*",
                    });
                }
                '\\' => text.extend(characters.next().map(|(_, escaped)| escaped)),
                other => text.push(other),
            }
        }
        None
    }

    /// What is left, up to a colon that is not escaped.
    fn rest(&self) -> Zeroizing<String> {
        let mut text = Zeroizing::new(String::with_capacity(self.0.len()));
        let mut characters = self.0.chars();
        while let Some(character) = characters.next() {
            match character {
                ':' => break,
                '\\' => text.extend(characters.next()),
                other => text.push(other),
            }
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(file: &str, url: &str) -> Option<String> {
        let url = url.parse().unwrap();
        let password = DatabasePassword::new(file).of_password_file(&url)?;
        Some(password.0.to_string())
    }

    #[test]
    fn the_first_line_that_fits_is_taken() {
        let file = "# db:5432:app:u:comment\n\
                    db:5433:app:u:port\n\
                    db:5432:*:u:p\\:a\\\\ss\n\
                    *:*:*:*:any\n";
        let table = [
            ("postgres://u@db/app", Some("p:a\\ss")),
            ("postgres://u@db:5433/app", Some("port")),
            ("postgres://other@db/app", Some("any")),
            ("postgres://u@elsewhere/app", Some("any")),
        ];
        for (url, expected) in table {
            assert_eq!(found(file, url).as_deref(), expected, "{url}");
        }
        for file in [
            "",
            "db",
            "db:5432:app:u",
            "db:5432:app:u:",
            "\\*:5432:app:u:p",
        ] {
            assert_eq!(found(file, "postgres://u@db/app"), None, "{file}");
        }
    }

    #[test]
    fn escaped_fields_and_sockets_are_compared_as_libpq_does() {
        let file = "2001\\:db8\\:\\:1:5432:app:u:six\nlocalhost:5432:a\\:b:u:colon\n/run/pg:6:app:u:socket";
        assert_eq!(
            found(file, "postgres://u@[2001:db8::1]/app").as_deref(),
            Some("six")
        );
        assert_eq!(
            found(file, "postgres://u@/a:b?host=/tmp").as_deref(),
            Some("colon")
        );
        assert_eq!(
            found(file, "postgres://u@%2Frun%2Fpg:6/app").as_deref(),
            Some("socket")
        );
    }

    #[test]
    fn debug_shows_no_password() {
        let shown = format!("{:?}", DatabasePassword::new("s3cr3t"));
        assert_eq!(shown, "DatabasePassword([redacted])");
    }
}
