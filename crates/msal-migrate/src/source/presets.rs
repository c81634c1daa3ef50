//! Stores of applications that are known, as mapping files: one for each in `presets/`.

/// A store of an application that is known.
///
/// How it is read is a mapping file, so that a copy can be edited: see [`MappingFile`](crate::MappingFile).
#[derive(Clone, Copy, Debug)]
pub struct Preset {
    name: &'static str,
    toml: &'static str,
}

impl Preset {
    /// All of them, in alphabetical order.
    pub const ALL: &[Self] = &[
        preset(
            "aspnet-identity",
            include_str!("presets/aspnet-identity.toml"),
        ),
        preset("authlib", include_str!("presets/authlib.toml")),
        preset("better-auth", include_str!("presets/better-auth.toml")),
        preset(
            "better-auth-encrypted",
            include_str!("presets/better-auth-encrypted.toml"),
        ),
        preset(
            "django-allauth",
            include_str!("presets/django-allauth.toml"),
        ),
        preset("fastapi-users", include_str!("presets/fastapi-users.toml")),
        preset("flask-dance", include_str!("presets/flask-dance.toml")),
        preset("moodle", include_str!("presets/moodle.toml")),
        preset("nextauth", include_str!("presets/nextauth.toml")),
        preset(
            "python-social-auth",
            include_str!("presets/python-social-auth.toml"),
        ),
        preset("sasl-xoauth2", include_str!("presets/sasl-xoauth2.toml")),
        preset(
            "spring-security",
            include_str!("presets/spring-security.toml"),
        ),
    ];

    /// The one with this name.
    pub fn named(name: &str) -> Option<&'static Self> {
        Self::ALL.iter().find(|preset| preset.name == name)
    }

    /// Its name on the command line.
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// The mapping file.
    pub fn toml(&self) -> &'static str {
        self.toml
    }
}

const fn preset(name: &'static str, toml: &'static str) -> Preset {
    Preset { name, toml }
}
