#!/bin/sh
# The lab's root shell in the guest, on the second serial port. Each line from the host is one base64 command;
# the answer is one line "done STATUS BASE64-OUTPUT". It says "ready" when the machine is up.
exec < /dev/ttyS1 > /dev/ttyS1
stty raw -echo
printf '\nready\n' # on a line of its own, after what a dying system may have left half written
while read -r line; do
    sh -c "$(echo "$line" | base64 -d)" > /run/lab-output 2>&1 < /dev/null
    status=$?
    printf 'done %d ' $status
    base64 -w0 /run/lab-output
    echo
done
