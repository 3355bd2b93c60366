*** Settings ***
Documentation       Boots the shipping image, runs windows over the UART, checks scores, states instruction-scaled time.
...                 renode-test --variable IMAGE:<.bin> --variable EXCHANGES:<.json of make_exchanges.py> inference.robot
Suite Setup         Setup
Suite Teardown      Teardown
Test Teardown       Test Teardown
Resource            ${RENODEKEYWORDS}

*** Variables ***
${PLATFORM}         ${CURDIR}/stm32l476.repl
${UART}             sysbus.usart2
${CORE_MHZ}         80

*** Keywords ***
Boot Image
    Execute Command    $image=@${IMAGE}
    Execute Command    $platform=@${PLATFORM}
    Execute Script     ${CURDIR}/edgeplug.resc
    ${received}=       Evaluate    os.path.join(tempfile.mkdtemp(), "uart.bin")    modules=os, tempfile
    Set Test Variable  ${RECEIVED}    ${received}
    Execute Command    ${UART} CreateFileBackend @${RECEIVED} true
    Execute Command    emulation RunFor "0.1"

Exchange
    [Documentation]    Sends a frame, given in hexadecimal; returns what the firmware answers within 50 ms of virtual time.
    [Arguments]        ${request}
    ${before}=         Evaluate    pathlib.Path($RECEIVED).stat().st_size    modules=pathlib
    ${bytes}=          Evaluate    list(bytes.fromhex($request))
    FOR    ${byte}    IN    @{bytes}
        Execute Command    ${UART} WriteChar ${byte}
    END
    Execute Command    emulation RunFor "0.05"
    ${reply}=          Evaluate    pathlib.Path($RECEIVED).read_bytes()[$before:].hex()    modules=pathlib
    RETURN             ${reply}

*** Test Cases ***
Should Score As TFLite Does
    Boot Image
    ${exchanges}=      Evaluate    json.loads(pathlib.Path($EXCHANGES).read_text())["exchanges"]    modules=json, pathlib
    Should Not Be Empty    ${exchanges}
    FOR    ${exchange}    IN    @{exchanges}
        ${reply}=      Exchange    ${exchange}[request]
        Should Be Equal    ${reply[:10]}    ${exchange}[reply_prefix]
        Should Be Equal    ${reply[18:-4]}    ${exchange}[class_and_scores]
        ${cycles}=     Evaluate    int.from_bytes(bytes.fromhex($reply[10:18]), "little")
        Should Be True    ${cycles} > 0
        ${ratio}=      Evaluate    ${cycles} / ${exchange}[model_cycles]
        ${time_us}=    Evaluate    ${cycles} / ${CORE_MHZ}
        Log To Console    instruction-scaled ${time_us} us (${cycles} cycles),
        ...    ${ratio} of the cycle model's ${exchange}[model_cycles]
    END
