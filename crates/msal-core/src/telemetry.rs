//! The two telemetry headers every MSAL sends to Microsoft's token endpoint. They name calls and errors, never users.

/// Which public call a request belongs to, by Microsoft's numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ApiId {
    /// `acquire_token_by_auth_code_flow`.
    ByAuthCodeFlow = 832,
    /// `acquire_token_by_refresh_token`.
    ByRefreshToken = 85,
    /// `acquire_token_interactive`.
    Interactive = 169,
    /// `acquire_token_by_device_flow`.
    ByDeviceFlow = 622,
    /// `acquire_token_by_username_password`.
    ByUsernamePassword = 301,
    /// `acquire_token_silent`.
    Silent = 84,
    /// `acquire_token_for_client`.
    ForClient = 730,
    /// `acquire_token_on_behalf_of`.
    OnBehalfOf = 523,
}

/// What happened since the last successful request.
#[derive(Clone, Debug, Default)]
pub struct Telemetry {
    silent_hits: u32,
    calls: Vec<String>,
    errors: Vec<String>,
}

impl Telemetry {
    /// `x-client-current-telemetry`: the call, and why the network was asked (see
    /// [`RefreshReason`](crate::RefreshReason); 0 when there was no choice).
    pub fn current(api: ApiId, reason: u8) -> String {
        format!("4|{},{reason}|", api as u16)
    }

    /// `x-client-last-telemetry`.
    pub fn last(&self) -> String {
        format!(
            "4|{}|{}|{}|",
            self.silent_hits,
            self.calls.join(","),
            self.errors.join(",")
        )
    }

    /// Counts a token that came from the cache.
    pub fn record_hit(&mut self) {
        self.silent_hits = self.silent_hits.saturating_add(1);
    }

    /// Remembers a failed call by the server's `error`, until the next success.
    pub fn record_failure(&mut self, api: ApiId, correlation_id: &str, error: &str) {
        let size: usize = self
            .calls
            .iter()
            .chain(&self.errors)
            .map(|text| text.len() + 1)
            .sum();
        if size + correlation_id.len() + error.len() < LONGEST_HISTORY {
            self.calls.push(format!("{},{correlation_id}", api as u16));
            self.errors.push(error.to_owned());
        }
    }

    /// A success reports all there was, so it is forgotten.
    pub fn record_success(&mut self) {
        *self = Self::default();
    }
}

/// The length of the list of failures in bytes beyond which nothing is added to it (MSAL's bound).
const LONGEST_HISTORY: usize = 350;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn failures_are_reported_until_a_success() {
        let mut telemetry = Telemetry::default();
        assert_eq!(telemetry.last(), "4|0|||");
        telemetry.record_hit();
        telemetry.record_failure(ApiId::ByRefreshToken, "id1", "invalid_grant");
        telemetry.record_failure(ApiId::Silent, "id2", "invalid_grant");
        assert_eq!(
            telemetry.last(),
            "4|1|85,id1,84,id2|invalid_grant,invalid_grant|"
        );
        telemetry.record_success();
        assert_eq!(telemetry.last(), "4|0|||");
        assert_eq!(Telemetry::current(ApiId::ByRefreshToken, 1), "4|85,1|");
    }

    #[test]
    fn the_history_is_bounded() {
        let mut telemetry = Telemetry::default();
        for _ in 0..1000 {
            telemetry.record_failure(
                ApiId::Silent,
                "3f2504e0-4f89-41d3-9a0c-0305e82c3301",
                "invalid_grant",
            );
        }
        assert!(telemetry.last().len() < LONGEST_HISTORY + 20);
    }
}
