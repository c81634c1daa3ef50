//! The names in [`Directory::sample`], the directory to try things out with.

use super::Directory;
use super::app::{App, RedirectKind};
use super::builder::DirectoryBuilder;
use super::managed_identity::ManagedIdentity;
use super::policy::{Policy, Requirement};
use super::resource::Resource;
use super::tenant::Tenant;
use super::user::{User, UserPattern};

/// The first tenant, by domain.
pub const CONTOSO: &str = "contoso.example";
/// The first tenant, by GUID.
pub const CONTOSO_ID: &str = "c0ffee00-0001-4000-8000-000000000000";
/// The second tenant, by domain.
pub const FABRIKAM: &str = "fabrikam.example";
/// The second tenant, by GUID.
pub const FABRIKAM_ID: &str = "c0ffee00-0002-4000-8000-000000000000";

/// A user of the first tenant.
pub const ALICE: &str = "alice@contoso.example";
/// A user of the first tenant whom Conditional Access keeps from `https://vault.azure.net`.
pub const BOB: &str = "bob@contoso.example";
/// A user of the second tenant, and a guest in the first.
pub const CAROL: &str = "carol@fabrikam.example";
/// A user of the first tenant whose account is disabled.
pub const DAN: &str = "dan@contoso.example";
/// A user of the first tenant who needs a second factor for `https://management.core.windows.net/`.
pub const MIA: &str = "mia@contoso.example";
/// Everybody's password.
pub const PASSWORD: &str = "Sample-Passw0rd";

/// A public client.
pub const DESKTOP: &str = "00c0ffee-0000-4000-8000-000000000001";
/// A confidential client.
pub const WEB: &str = "00c0ffee-0000-4000-8000-000000000002";
/// The secret of the confidential client.
pub const WEB_SECRET: &str = "sample-secret";
/// Where the confidential client receives authorization codes.
pub const WEB_REDIRECT: &str = "https://localhost/callback";
/// A public client of the family of client ids.
pub const FAMILY_MAIL: &str = "00c0ffee-0000-4000-8000-000000000003";
/// Another public client of the family.
pub const FAMILY_FILES: &str = "00c0ffee-0000-4000-8000-000000000004";

/// A single-page application.
pub const PAGE: &str = "00c0ffee-0000-4000-8000-000000000005";
/// Where the single-page application receives authorization codes.
pub const PAGE_REDIRECT: &str = "http://localhost:3000/";
/// The client id of a managed identity, besides the one that the machine has of itself.
pub const WORKER: &str = "00c0ffee-0000-4000-8000-000000000006";

/// The policies of the first tenant in Azure AD B2C. The second has none.
pub const B2C_POLICIES: [&str; 3] = ["B2C_1_susi", "B2C_1_edit", "custom"];

/// An API with permissions of its own that takes access tokens of version 2.0.
pub const ORDERS: &str = "api://orders";
/// An API of the first tenant to which nobody in the second has consented.
pub const REPORTS: &str = "https://reports.contoso.example/api";

impl Directory {
    /// Two tenants with a few people, five clients, two APIs of their own and two managed identities, as the crate documentation lists them.
    pub fn sample() -> Self {
        match builder().build() {
            Ok(directory) => directory,
            Err(error) => unreachable!("the sample directory is sound: {error}"),
        }
    }
}

fn builder() -> DirectoryBuilder {
    let desktop = App::public(DESKTOP).name("Sample desktop");
    let web = App::confidential(WEB, WEB_SECRET).name("Sample web");
    Directory::builder()
        .tenant(contoso())
        .tenant(fabrikam())
        .app(desktop.redirect(RedirectKind::Native, "http://localhost"))
        .app(web.redirect(RedirectKind::Web, WEB_REDIRECT))
        .app(App::public(FAMILY_MAIL).name("Sample family mail").family())
        .app(
            App::public(FAMILY_FILES)
                .name("Sample family files")
                .family(),
        )
        .resource(
            Resource::new(ORDERS)
                .scope("Orders.Read")
                .scope("Orders.Write")
                .v2_tokens(),
        )
        .resource(Resource::new(REPORTS))
        .app(
            App::public(PAGE)
                .name("Sample page")
                .redirect(RedirectKind::Spa, PAGE_REDIRECT),
        )
        .managed_identity(ManagedIdentity::system_assigned(CONTOSO))
        .managed_identity(ManagedIdentity::user_assigned(CONTOSO, WORKER))
}

fn contoso() -> Tenant {
    let mfa = Policy::new(Requirement::Mfa).user(MIA);
    let block = Policy::new(Requirement::Block).user(BOB);
    Tenant::new(CONTOSO)
        .name("Contoso")
        .id(CONTOSO_ID)
        .user(User::new(ALICE, PASSWORD).named("Alice", "Archer"))
        .user(User::new(BOB, PASSWORD).named("Bob", "Baker"))
        .user(User::new(MIA, PASSWORD).named("Mia", "Mason"))
        .user(User::new(DAN, PASSWORD).named("Dan", "Dyer").disabled())
        .users(UserPattern::new(
            "user{n}@contoso.example",
            1_000_000,
            PASSWORD,
        ))
        .guest(CAROL)
        .b2c_policies(B2C_POLICIES)
        .policy(mfa.resource("https://management.core.windows.net"))
        .policy(block.resource("https://vault.azure.net"))
}

fn fabrikam() -> Tenant {
    Tenant::new(FABRIKAM)
        .name("Fabrikam")
        .id(FABRIKAM_ID)
        .b2c_policies([""; 0])
        .user(User::new(CAROL, PASSWORD).named("Carol", "Cooper"))
        .users(UserPattern::new(
            "user{n}@fabrikam.example",
            1_000_000,
            PASSWORD,
        ))
        .policy(Policy::new(Requirement::Consent).resource(REPORTS))
}
