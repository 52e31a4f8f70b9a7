//! User data of instances and launch templates: how much there is and where it holds secrets.

use crate::model::{Pointer, UserData};
use crate::source::aws::secrets;

use super::side::Notes;
use super::value::Settled;

/// What the document tells of user data, in base64 or in clear. Provider versions before 6 keep
/// only its SHA-1 hash.
pub(super) fn user_data(text: Settled<String>, notes: &mut Notes) -> Option<UserData> {
    let is_hash = |text: &String| text.len() == 40 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    let text = match text {
        Ok(Some(text)) if is_hash(&text) => Err("the plan holds only a hash of it".to_owned()),
        text => text,
    };
    let read = secrets::in_user_data(&notes.take("user_data", text)?)?;
    if let Some(why) = read.unread {
        notes.unknown(Pointer::configuration("user_data").child("secrets"), why);
    }
    Some(read.user_data)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hash_is_unknown_and_a_text_is_looked_into() {
        let mut notes = Notes::default();
        assert_eq!(user_data(Ok(Some("2fd4e1c67a2d28fced849ee1bb76e7391b93eb12".to_owned())), &mut notes), None);
        let script = "#!/bin/sh\nexport DB_PASSWORD='tr0ub4dor&3xyz'\n";
        let read = user_data(Ok(Some(script.to_owned())), &mut notes).unwrap();
        assert_eq!((read.bytes, read.secrets.len()), (script.len() as u64, 1));
        assert_eq!(user_data(Ok(None), &mut notes), None);
    }
}
