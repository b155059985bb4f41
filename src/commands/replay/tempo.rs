//! The distances in time between deliveries.

use std::time::Duration;

use jiff::Timestamp;
use tokio::time::{Instant, sleep_until};

/// How fast they go out again.
pub(super) struct Tempo {
    /// So many times as fast as they came; as fast as possible without.
    speed: Option<f64>,
    /// When the first delivery was recorded, and when it was sent again.
    first: Option<(Timestamp, Instant)>,
}

/// The value of `--speed`.
pub(super) fn speed(text: &str) -> std::result::Result<f64, String> {
    match text.parse::<f64>() {
        Ok(speed) if speed.is_finite() && speed > 0.0 => Ok(speed),
        _ => Err("a number above 0 is meant, for example 1, 10 or 0.5".to_owned()),
    }
}

impl Tempo {
    pub(super) const fn new(speed: Option<f64>) -> Self {
        Tempo { speed, first: None }
    }

    /// Waits until as much time has passed since the first delivery as it did then.
    pub(super) async fn keep(&mut self, received_at: Option<&str>) {
        let at = received_at.and_then(|at| at.parse::<Timestamp>().ok());
        let (Some(speed), Some(at)) = (self.speed, at) else {
            return;
        };
        let (first, begun) = *self.first.get_or_insert_with(|| (at, Instant::now()));
        let distance = at.duration_since(first).as_secs_f64() / speed;
        if let Ok(distance) = Duration::try_from_secs_f64(distance)
            && let Some(due) = begun.checked_add(distance)
        {
            sleep_until(due).await;
        }
    }
}
