"""MicroPython's `bluetooth` module as far as the firmware needs it; the test is the other side."""

FLAG_READ = 0x02
FLAG_WRITE = 0x08
FLAG_NOTIFY = 0x10


class UUID:
    def __init__(self, value):
        if isinstance(value, int):
            self.data = bytes((value & 0xFF, value >> 8))
        else:
            digits = value.replace("-", "")
            pairs = [int(digits[i : i + 2], 16) for i in range(0, 32, 2)]
            self.data = bytes(reversed(pairs))

    def __bytes__(self):
        return self.data

    def __iter__(self):  # what bytes() of MicroPython asks for
        return iter(self.data)


class BLE:
    only = None

    def __init__(self):
        BLE.only = self
        self.values, self.sent, self.advertised, self.settings = {}, [], [], {}
        self.full = False

    def active(self, on):
        assert on

    def config(self, what=None, **settings):
        if what == "mac":
            return 0, bytes((0x24, 0x0A, 0xC4, 0x11, 0x4F, 0x2A))
        self.settings.update(settings)

    def irq(self, handler):
        self.event = handler

    def gatts_register_services(self, services):
        self.uuids, handles = {}, []
        for _, characteristics in services:
            own = []
            for uuid, flags in characteristics:
                handle = 10 + len(self.uuids)
                self.uuids[handle] = bytes(uuid), flags
                self.values[handle] = b""
                own.append(handle)
            handles.append(tuple(own))
        return tuple(handles)

    def gatts_write(self, handle, value):
        self.values[handle] = bytes(value)

    def gatts_read(self, handle):
        return self.values[handle]

    def gatts_notify(self, link, handle, value):
        assert self.uuids[handle][1] & FLAG_NOTIFY
        if self.full:
            raise OSError(12)
        self.sent.append((handle, bytes(value)))

    def gap_advertise(self, interval_us, adv_data=None, resp_data=None):
        assert len(adv_data) <= 31
        assert len(resp_data) <= 31
        self.advertised.append((interval_us, bytes(adv_data), bytes(resp_data)))

    # --- the other side ------------------------------------------------------------------

    def handle_of(self, uuid):
        return next(h for h, (data, _) in self.uuids.items() if data == bytes(UUID(uuid)))

    def write(self, uuid, value):
        handle = self.handle_of(uuid)
        assert self.uuids[handle][1] & FLAG_WRITE
        self.values[handle] = value
        self.event(3, (1, handle))
