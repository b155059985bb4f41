//! How long to wait before a call is tried again.

use std::time::Duration;

const FIRST_PAUSE: Duration = Duration::from_millis(200);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);
/// A service's own wish is followed up to this, as the vendor's command line tool does.
pub const LONGEST_WISH: Duration = Duration::from_secs(60);

/// From nothing to all of a pause that doubles: "full jitter".
pub fn pause(random: fn(&mut [u8]), tried: u32) -> Duration {
    let pause = FIRST_PAUSE
        .saturating_mul(1 << tried.min(16))
        .min(LONGEST_PAUSE);
    let mut bytes = [0u8; 2];
    random(&mut bytes);
    pause.mul_f64(f64::from(u16::from_le_bytes(bytes)) / f64::from(u16::MAX))
}
