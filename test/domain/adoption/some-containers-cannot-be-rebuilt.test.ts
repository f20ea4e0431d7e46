import { execFileSync } from 'node:child_process'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { adoptedModel } from '../../../domain/adoption/adopted-model.ts'
import { containerLook, readContainerLook } from '../../../domain/adoption/look.ts'
import { quote } from '../../../domain/shell.ts'
import { container, place, serve } from './sample.ts'

const served = { id: 'house', root: '/models/house' }

test.each([
  ['a key for its clients', { command: serve('a/b'), env: ['VLLM_API_KEY=topsecret'] }, 'VLLM_API_KEY'],
  ['a key on its command line', { command: serve('a/b', '--api-key', 'topsecret') }, '--api-key'],
  ['a token among its arguments', { command: serve('a/b', '--anything', 'hf_topsecretabcdefgh') }, '--anything'],
  ['a password in an address', { command: serve('a/b'), env: ['PROXY=http://me:topsecret@proxy:3128'] }, 'PROXY'],
  ['weights inside the image', { command: serve('/opt/model') }, '/opt/model'],
  ['a port that the host does not have', { command: serve('a/b'), host: { NetworkMode: 'bridge' } }, 'port'],
  ['a socket file', { command: serve('a/b', '--uds', '/run/vllm.sock') }, 'socket'],
  ['another cache', { command: serve('a/b'), binds: ['/mnt/hf:/root/.cache/huggingface'] }, '/mnt/hf'],
  ['Ray without its script', { command: serve('a/b', '--distributed-executor-backend', 'ray') }, 'Ray'],
])('%s: it is adopted, and said why it cannot be put back', (_what, shape, word) => {
  const found = adoptedModel(container(shape), place)!
  expect(found.snapshot).toBeNull()
  expect(found.why).toContain(word)
  expect(JSON.stringify(found)).not.toContain('topsecret')
})

test('a token for downloads is left out and said, and nothing more is needed', () => {
  const found = adoptedModel(container({ command: serve('a/b'), env: ['HF_TOKEN=hf_topsecretabcdef', 'CUDA_VERSION=13.0', 'MY_OWN=1'] }), place)!
  expect(found.snapshot?.env).toEqual({ MY_OWN: '1' })
  expect(found.notes.join()).toContain('HF_TOKEN')
  expect(JSON.stringify(found)).not.toContain('topsecret')
})

test('the mark of an earlier start is no part of what is rebuilt, its port included', () => {
  const env = ['SPARK_CLUSTER=home', 'SPARK_FENCE=7', 'SPARK_PORT=8001', 'MINE=1']
  expect(adoptedModel(container({ command: serve('a/b'), env, imageEnv: [] }), place)?.snapshot?.env).toEqual({ MINE: '1' })
})

test('without the environment of its image only what is said to the engine is kept', () => {
  const env = ['PATH=/usr/bin', 'NVIDIA_VISIBLE_DEVICES=all', 'VLLM_USE_V1=1']
  expect(adoptedModel(container({ command: serve('a/b'), env, imageEnv: null }), place)?.snapshot?.env).toEqual({ VLLM_USE_V1: '1' })
})

test('what serves models by another entry point is named, and what serves none is nothing of ours', () => {
  const shape = { command: ['/opt/nim/start_server.sh'] }
  expect(adoptedModel(container(shape), { ...place, served })).toMatchObject({ servedName: 'house', snapshot: null })
  expect(adoptedModel(container(shape), place)).toBeNull()
})

test('words of /proc are believed where docker tells of the same command line', () => {
  const json = '{"method": "mtp"}'
  const look = (argv: string) =>
    `#spark inspect\n[]\n\n#spark = 0\n#spark top x\nPID COMMAND\n17 vllm serve a/b --spec ${json}\n\n#spark = 0\n#spark argv x\n${argv}\n\n#spark = 0\n#spark end\n`
  const own = ['vllm', 'serve', 'a/b', '--spec', json]
  expect(readContainerLook(look(`17\t${own.join('\t')}\t`), 'x')?.commands).toEqual([own])
  expect(readContainerLook(look('17\t/usr/sbin/sshd\t'), 'x')?.commands).toEqual([[...own.slice(0, 4), '{"method":', '"mtp"}']])
})

test('whatever docker answers, adoption ends with an answer and keeps no secret', () => {
  const secret = 'VLLM_API_KEY=topsecret'
  fc.assert(
    fc.property(fc.jsonValue(), fc.array(fc.array(fc.string())), fc.array(fc.string()), (inspect, commands, words) => {
      adoptedModel({ inspect, imageEnv: null, commands }, place)
      const found = adoptedModel(container({ command: serve('a/b', ...words), env: [secret] }), place)
      expect(JSON.stringify(found)).not.toContain('topsecret')
    }),
  )
  fc.assert(fc.property(fc.string(), (text) => void readContainerLook(`${text}\n#spark end\n`, 'x')))
})

test('the look at one container is an argv that any shell runs to its end', () => {
  const command = quote(containerLook('no-such-container'))
  expect(readContainerLook(execFileSync('/bin/sh', ['-c', command], { encoding: 'utf8' }), 'no-such-container')).toEqual({
    inspect: null,
    imageEnv: null,
    commands: [],
  })
})
