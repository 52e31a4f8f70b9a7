use super::*;

#[test]
fn a_delay_is_rounded_up_and_never_below_nothing() {
    let length = |seconds, nanoseconds| seconds_of(SignedDuration::new(seconds, nanoseconds));
    assert_eq!(length(900, 0), Some(900));
    assert_eq!(length(899, 1), Some(900));
    assert_eq!((length(0, 0), length(0, -1), length(-1, 0)), (Some(0), None, None));
}
