//! Refusals that are about where, or as what, a server was asked.
//!
//! Entra says `invalid_grant` for these as well as for what only the user can change, so that its numbers are all there is
//! to tell them by.

/// What was wrong with the place that was asked, or with the application there. The operator corrects it: a user who
/// signs in there is refused likewise.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Misplaced {
    /// The application does not serve accounts of all tenants, serves others than this authority's, or is none.
    ClientAnywhere,
    /// The application is not in the directory, or is disabled or misconfigured there.
    ClientInDirectory,
    /// There is no such tenant, or the request names none.
    NoTenant,
    /// The user's account, or the token, is of another tenant than the one that was asked.
    OtherTenant,
}

impl Misplaced {
    /// What AADSTS numbers say.
    pub(crate) fn of(codes: &[i64]) -> Option<Self> {
        let lists = [
            (&OTHER_TENANT[..], Self::OtherTenant),
            (&NO_TENANT, Self::NoTenant),
            (&CLIENT_IN_DIRECTORY, Self::ClientInDirectory),
            (&CLIENT_ANYWHERE, Self::ClientAnywhere),
        ];
        lists
            .into_iter()
            .find(|(list, _)| codes.iter().any(|code| list.contains(code)))
            .map(|(_, misplaced)| misplaced)
    }
}

const OTHER_TENANT: [i64; 7] = [50_020, 50_034, 51_004, 90_072, 500_208, 700_005, 7_000_012];
const NO_TENANT: [i64; 5] = [50_059, 50_128, 90_002, 90_019, 900_023];
const CLIENT_IN_DIRECTORY: [i64; 6] = [70_001, 650_051, 650_052, 650_056, 700_016, 7_000_112];
const CLIENT_ANYWHERE: [i64; 3] = [50_194, 700_038, 9_002_331];
