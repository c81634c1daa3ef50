//! The directory to try things out with.

use super::{
    App, Directory, Policy, RedirectKind, Requirement, Resource, Tenant, User, UserPattern,
};

impl Directory {
    /// Two tenants with a few people, four clients and two APIs of their own, as the crate documentation lists them.
    #[must_use]
    pub fn sample() -> Self {
        match builder().build() {
            Ok(directory) => directory,
            Err(error) => unreachable!("the sample directory is sound: {error}"),
        }
    }
}

fn builder() -> super::DirectoryBuilder {
    let desktop = App::public("00c0ffee-0000-4000-8000-000000000001")
        .name("Sample desktop")
        .redirect(RedirectKind::Native, "http://localhost");
    let web = App::confidential("00c0ffee-0000-4000-8000-000000000002", "sample-secret")
        .name("Sample web")
        .redirect(RedirectKind::Web, "https://localhost/callback");
    Directory::builder()
        .tenant(contoso())
        .tenant(fabrikam())
        .app(desktop)
        .app(web)
        .app(
            App::public("00c0ffee-0000-4000-8000-000000000003")
                .name("Sample family mail")
                .family(),
        )
        .app(
            App::public("00c0ffee-0000-4000-8000-000000000004")
                .name("Sample family files")
                .family(),
        )
        .resource(
            Resource::new("api://orders")
                .scope("Orders.Read")
                .scope("Orders.Write")
                .v2_tokens(),
        )
        .resource(Resource::new("https://reports.contoso.example/api"))
}

fn contoso() -> Tenant {
    Tenant::new("contoso.example")
        .name("Contoso")
        .id("c0ffee00-0001-4000-8000-000000000000")
        .user(User::new("alice@contoso.example", PASSWORD).named("Alice", "Archer"))
        .user(User::new("bob@contoso.example", PASSWORD).named("Bob", "Baker"))
        .user(User::new("mia@contoso.example", PASSWORD).named("Mia", "Mason"))
        .user(
            User::new("dan@contoso.example", PASSWORD)
                .named("Dan", "Dyer")
                .disabled(),
        )
        .users(UserPattern::new(
            "user{n}@contoso.example",
            1_000_000,
            PASSWORD,
        ))
        .guest("carol@fabrikam.example")
        .policy(
            Policy::new(Requirement::Mfa)
                .user("mia@*")
                .resource("https://management.core.windows.net"),
        )
        .policy(
            Policy::new(Requirement::Block)
                .user("bob@*")
                .resource("https://vault.azure.net"),
        )
}

fn fabrikam() -> Tenant {
    Tenant::new("fabrikam.example")
        .name("Fabrikam")
        .id("c0ffee00-0002-4000-8000-000000000000")
        .user(User::new("carol@fabrikam.example", PASSWORD).named("Carol", "Cooper"))
        .users(UserPattern::new(
            "user{n}@fabrikam.example",
            1_000_000,
            PASSWORD,
        ))
        .policy(Policy::new(Requirement::Consent).resource("https://reports.contoso.example/api"))
}

const PASSWORD: &str = "Sample-Passw0rd";
