# Runs one of our guest scripts in the guest, or copies a file over the open link.
param($Parameters, $Secrets)
$link = $global:RingzeroLink
try {
    switch ($Parameters['action']) {
        'run' {
            $block = [scriptblock]::Create([System.IO.File]::ReadAllText($Parameters['script'], [System.Text.Encoding]::UTF8))
            $arguments = @($Parameters['arguments'])
            # Secrets go in between as one list.
            if ($null -ne $Parameters['secrets']) {
                $values = @(foreach ($name in $Parameters['secrets']) { [System.Net.NetworkCredential]::new('', $Secrets[$name]).Password })
                $arguments = $arguments + @(, $values) + @($Parameters['after'])
            }
            $answer = Invoke-Command -Session $link -ScriptBlock $block -ArgumentList $arguments
            $answer
        }
        'push' {
            try { Copy-Item -LiteralPath $Parameters['local'] -Destination $Parameters['guest'] -ToSession $link -Force }
            catch {
                # After the copy Windows PowerShell asks for the file's other streams, which ReFS, a Dev Drive and a share do not
                # have: "incorrect function" (1), "not supported" (50), "incorrect parameter" (87); PowerShell #16565, #19056.
                # The copy is there, and its hash is looked at before it is used.
                $inner = $_.Exception
                while ($null -ne $inner.InnerException) { $inner = $inner.InnerException }
                if ($inner -isnot [System.ComponentModel.Win32Exception] -or $inner.NativeErrorCode -notin 1, 50, 87) { throw }
            }
        }
        'pull' { Copy-Item -LiteralPath $Parameters['guest'] -Destination $Parameters['local'] -FromSession $link -Force }
        'service' {
            # Through the guest service interface, which needs no session.
            $machine = Hyper-V\Get-VM | Where-Object { $_.Id.ToString() -eq $Parameters['id'] }
            Hyper-V\Copy-VMFile -VM $machine -SourcePath $Parameters['local'] -DestinationPath $Parameters['guest'] `
                -FileSource Host -CreateFullPath -Force
        }
    }
}
catch {
    if ($null -eq $link -or $link.State.ToString() -ne 'Opened') {
        throw (New-BridgeError -Id 'RZ_LINK_LOST' -Message $_.Exception.Message -Category 'ConnectionError')
    }
    throw
}
