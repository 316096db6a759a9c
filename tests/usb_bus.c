// SPDX-License-Identifier: MIT
// A USB bus for pcscd with one reader, in place of libudev: the daemon sees it come and go as any other.
// A byte in the FIFO $BUS plugs it in (a) or pulls it out (r); behind it is the virtual reader on $BUS_PORT.
// An answer of the one byte 00 becomes one of no byte: the virtual reader's own link cannot say that.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <ifdhandler.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int bus = -1;
static char action, thing[1];

RESPONSECODE IFDHCreateChannelByName(DWORD lun, LPSTR name) { return IFDHCreateChannel(lun, atoi(getenv("BUS_PORT"))); }

RESPONSECODE IFDHTransmitToICC(DWORD lun, SCARD_IO_HEADER send, PUCHAR command, DWORD length, PUCHAR answer,
                               PDWORD size, PSCARD_IO_HEADER receive) {
  RESPONSECODE (*transmit)(DWORD, SCARD_IO_HEADER, PUCHAR, DWORD, PUCHAR, PDWORD, PSCARD_IO_HEADER);
  transmit = dlsym(RTLD_NEXT, "IFDHTransmitToICC");
  RESPONSECODE code = transmit(lun, send, command, length, answer, size, receive);
  if (*size == 1 && !*answer) *size = 0;
  return code;
}

void *dlopen(const char *path, int mode) {
  void *(*open_it)(const char *, int) = dlsym(RTLD_NEXT, "dlopen");
  return open_it(path && strstr(path, "libccid") ? getenv("LD_PRELOAD") : path, mode);
}

void *udev_new(void) { return thing; }
void *udev_monitor_new_from_netlink(void *udev, const char *name) { return thing; }
int udev_monitor_filter_add_match_subsystem_devtype(void *m, const char *s, const char *t) { return 0; }
int udev_monitor_enable_receiving(void *monitor) { return 0; }
int udev_monitor_get_fd(void *monitor) { return bus = open(getenv("BUS"), O_RDWR); }
void *udev_monitor_receive_device(void *monitor) { return read(bus, &action, 1) == 1 ? thing : NULL; }
const char *udev_device_get_action(void *device) { return action == 'a' ? "add" : "remove"; }
void *udev_device_get_parent_with_subsystem_devtype(void *device, const char *s, const char *t) { return device; }
const char *udev_device_get_devnode(void *device) { return "/dev/bus/usb/001/002"; }
const char *udev_device_get_sysname(void *device) { return "1-1:1.0"; }
const char *udev_device_get_sysattr_value(void *device, const char *name) {
  return strcmp(name, "idVendor") ? strcmp(name, "idProduct") ? NULL : "90cc" : "072f";
}
void *udev_device_unref(void *device) { return NULL; }
void *udev_enumerate_new(void *udev) { return thing; }
int udev_enumerate_add_match_subsystem(void *enumerate, const char *name) { return 0; }
int udev_enumerate_scan_devices(void *enumerate) { return 0; }
void *udev_enumerate_get_list_entry(void *enumerate) { return NULL; }
void *udev_enumerate_unref(void *enumerate) { return NULL; }
void *udev_unref(void *udev) { return NULL; }
