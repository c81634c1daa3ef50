//! One list of duties for both ways: the one of this system, and the one for the others, which runs everywhere.

/// The duties, for the module `$os`.
macro_rules! duties {
    ($os:ident) => {
        mod $os {
            use std::{ffi::OsStr, fs, io::ErrorKind, time::Duration};

            use super::super::$os::{Handle, is_alive, refusal, reserve, vet};
            use crate::access::Access;

            #[test]
            fn a_folder_is_made_once() {
                let home = tempfile::tempdir().unwrap();
                let path = home.path().join("folder");
                assert!(Handle::open(&path).unwrap().is_none());
                let above = Handle::open(home.path()).unwrap().unwrap();
                assert!(above.make_folder(OsStr::new("folder")).unwrap());
                assert!(!above.make_folder(OsStr::new("folder")).unwrap());
                let made = Handle::open(&path).unwrap().unwrap();
                assert_eq!(made.exposure().unwrap(), None);
            }

            #[test]
            fn a_file_in_the_place_of_a_folder_is_refused() {
                let home = tempfile::tempdir().unwrap();
                fs::write(home.path().join("file"), "").unwrap();
                let error = Handle::open(&home.path().join("file")).unwrap_err();
                assert_eq!(
                    refusal(&error),
                    Some("a part of its path is not a directory")
                );
            }

            #[test]
            fn a_file_is_made_once_and_then_opened() {
                let home = tempfile::tempdir().unwrap();
                let folder = Handle::open(home.path()).unwrap().unwrap();
                let name = OsStr::new("file");
                assert!(!folder.contains(name).unwrap());
                let missing = folder.open_to_read(name).unwrap_err();
                assert_eq!(missing.kind(), ErrorKind::NotFound);
                let made = folder.create_file(name).unwrap();
                assert_eq!(vet(&made).unwrap(), Ok(Access::Private));
                let again = folder.create_file(name).unwrap_err();
                assert_eq!(again.kind(), ErrorKind::AlreadyExists);
                assert!(folder.contains(name).unwrap());
                assert!(folder.is_same(name, &made).unwrap());
                folder.open_to_write(name).unwrap();
                folder.open_or_create(name).unwrap();
                folder.open_or_create(OsStr::new("other")).unwrap();
                folder.sync().unwrap();
            }

            #[test]
            fn a_name_is_changed_and_removed() {
                let home = tempfile::tempdir().unwrap();
                let folder = Handle::open(home.path()).unwrap().unwrap();
                let (old, new) = (OsStr::new("old"), OsStr::new("new"));
                let file = folder.create_file(old).unwrap();
                folder.create_file(new).unwrap();
                folder.rename(old, new).unwrap();
                assert!(folder.is_same(new, &file).unwrap());
                assert!(!folder.is_same(old, &file).unwrap());
                folder.remove(new).unwrap();
                let missing = folder.remove(new).unwrap_err();
                assert_eq!(missing.kind(), ErrorKind::NotFound);
            }

            #[test]
            fn a_folder_is_no_file() {
                let home = tempfile::tempdir().unwrap();
                let folder = Handle::open(home.path()).unwrap().unwrap();
                folder.make_folder(OsStr::new("folder")).unwrap();
                let error = folder.open_to_write(OsStr::new("folder")).unwrap_err();
                assert_eq!(refusal(&error), Some("it is a directory"));
            }

            #[cfg(unix)]
            #[test]
            fn a_link_is_not_followed() {
                let home = tempfile::tempdir().unwrap();
                fs::write(home.path().join("victim"), "precious").unwrap();
                std::os::unix::fs::symlink("victim", home.path().join("link")).unwrap();
                let folder = Handle::open(home.path()).unwrap().unwrap();
                let name = OsStr::new("link");
                for opened in [
                    folder.open_to_read(name),
                    folder.open_to_write(name),
                    folder.open_or_create(name),
                ] {
                    assert_eq!(refusal(&opened.unwrap_err()), Some("it is a symbolic link"));
                }
            }

            #[test]
            fn a_file_stays_as_long_as_it_is_when_room_is_kept_for_it() {
                let home = tempfile::tempdir().unwrap();
                let folder = Handle::open(home.path()).unwrap().unwrap();
                let file = folder.create_file(OsStr::new("file")).unwrap();
                reserve(&file, 0, 1 << 20).unwrap();
                assert_eq!(file.metadata().unwrap().len(), 0);
            }

            #[test]
            fn this_process_is_alive() {
                assert!(is_alive(std::process::id(), Duration::ZERO));
            }
        }
    };
}

duties!(portable);
#[cfg(unix)]
duties!(unix);
