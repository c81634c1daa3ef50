//! How long a run would take, and on what that rests.

use std::time::Duration;

use msal_migrate::Settings;

use crate::output::DIM;
use crate::text;

/// For people; nothing where nothing is sent.
pub(super) fn to_text(tokens: u64, settings: &Settings) -> String {
    if tokens == 0 {
        return String::new();
    }
    let in_flight = text::count(settings.most_in_flight() as u64);
    let rate = settings.rate.map_or_else(String::new, |rate| {
        format!(
            ", no more than {} a second are sent",
            text::count(rate.get().into())
        )
    });
    let limit = match settings.limit.filter(|limit| *limit < tokens) {
        Some(limit) => format!(", for the {} that are tried", text::count(limit)),
        None => String::new(),
    };
    let words = format!(
        "a run takes about {}{limit}: if each answer takes half a second, {in_flight} are in flight{rate}, and no server \
         throttles",
        text::duration(lasts(tokens, settings)),
    );
    format!("{DIM}{}{DIM:#}\n", text::wrapped(&words, 0).trim_end())
}

/// How long it takes until so many tokens are answered.
pub(super) fn lasts(tokens: u64, settings: &Settings) -> Duration {
    let tokens = tokens.min(settings.limit.unwrap_or(u64::MAX)) as f64;
    let rounds = (tokens / settings.most_in_flight() as f64).ceil();
    let by_answers = rounds * ANSWER.as_secs_f64();
    let by_rate = settings
        .rate
        .map_or(0.0, |rate| tokens / f64::from(rate.get()));
    Duration::from_secs_f64(by_answers.max(by_rate).ceil())
}

/// What Entra takes for an answer, generously.
const ANSWER: Duration = Duration::from_millis(500);

#[cfg(test)]
mod tests {
    use std::num::NonZeroU32;

    use super::*;

    #[test]
    fn the_slower_of_rate_and_answers_decides() {
        let seconds = |tokens, settings: Settings| lasts(tokens, &settings).as_secs();
        let narrow = Settings {
            concurrency: Some(1),
            ..Settings::default()
        };
        assert_eq!(seconds(1, narrow), 1);
        assert_eq!(seconds(7200, narrow), 3600);
        let slow = Settings {
            rate: NonZeroU32::new(1),
            ..narrow
        };
        assert_eq!(seconds(7200, slow), 7200);
        let few = Settings {
            limit: Some(10),
            ..slow
        };
        assert_eq!(seconds(7200, few), 10);
        assert_eq!(to_text(0, &few), "");
    }
}
