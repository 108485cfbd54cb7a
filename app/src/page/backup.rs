//! A backup on its way from or to a file: its bytes, which are nobody's state.

use js_sys::{Array, Uint8Array};
use leptos::prelude::*;
use web_sys::File;

use super::Page;
use crate::chat::{DeviceDeed, PageEvent};
use crate::session;

/// A backup on its way from or to a file.
#[derive(Default)]
pub struct Backup {
    parts: Array,
    file: Option<File>,
}

impl Page {
    /// Makes a backup under a passphrase, for a file.
    pub fn export(self, passphrase: String) {
        let _ = self.take_backup();
        self.happen(PageEvent::Manages(DeviceDeed::Export));
        self.with_client(|client| client.export(passphrase));
    }

    /// Takes the backup in this file in.
    pub fn import(self, file: File, passphrase: String) {
        let size = session::size(&file);
        self.backup.set_value(Backup { file: Some(file), ..Backup::default() });
        self.happen(PageEvent::Manages(DeviceDeed::Import(size)));
        self.with_client(|client| client.import(passphrase));
    }

    pub(super) fn send_part(self, from: u64, to: u64) {
        let file = self.backup.try_with_value(|backup| backup.file.clone()).flatten();
        let Some(file) = file else { return };
        leptos::task::spawn_local(async move {
            match session::read_part(&file, from, to).await {
                Some(bytes) => self.with_client(|client| client.import_part(bytes)),
                None => self.happen(PageEvent::Manages(DeviceDeed::Unreadable)),
            }
        });
    }

    pub(super) fn keep_part(self, bytes: &[u8]) {
        let bytes = Uint8Array::from(bytes);
        let _ = self.backup.try_update_value(|backup| backup.parts.push(&bytes));
    }

    pub(super) fn save_backup(self) {
        let parts = self.take_backup().parts;
        if !session::save(&parts, &session::backup_name()) {
            self.happen(PageEvent::Manages(DeviceDeed::Unreadable));
        }
    }

    pub(super) fn drop_backup(self) {
        let _ = self.take_backup();
        self.with_client(browser::Client::give_up_backup);
    }

    fn take_backup(self) -> Backup {
        self.backup.try_update_value(std::mem::take).unwrap_or_default()
    }
}
